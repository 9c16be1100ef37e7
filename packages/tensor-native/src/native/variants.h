// The instruction sets that the kernels are built for.
#pragma once
#include "engine.h"

namespace lemanic {

struct Variant {
  const char* name;
  const Registry& (*registry)();
};

// -1: the best that this machine runs; else variant number `wanted` (0 is the baseline), if the machine runs it.
const Variant* choose_variant(int32_t wanted);

namespace baseline {
const Registry& registry();
}
namespace avx2 {
const Registry& registry();
}

}  // namespace lemanic
