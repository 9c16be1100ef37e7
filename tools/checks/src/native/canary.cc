// One mistake for each sanitizer, in a Node-API addon that makes it as it loads: shows that a finding would be seen.
#include <stdlib.h>
#include <string.h>

#include <thread>

#define NAPI_VERSION 8
#include "node_api.h"

static int shared = 0;
volatile int result;

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env, napi_value exports) {
  const char* kind = getenv("LEMANIC_CANARY");
  if (kind && !strcmp(kind, "address")) {
    volatile int size = 4;  // not known to the compiler, whose own check of sizes would come first
    int* memory = new int[static_cast<size_t>(size)];
    result = memory[size];
    delete[] memory;
  } else if (kind && !strcmp(kind, "undefined")) {
    volatile int large = 0x7fffffff;
    result = large + 1;
  } else if (kind && !strcmp(kind, "thread")) {
    std::thread other([] { shared = 1; });
    shared = 2;
    other.join();
    result = shared;
  }
  return exports;
}
