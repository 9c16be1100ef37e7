// The engine for Node.js: a thin layer over lemanic.h.
#include <string.h>

#define NAPI_VERSION 8
#include "node_api.h"
// below what decides how its functions are linked
#include "lemanic.h"

namespace {

using lemanic::Engine;

struct Instance {
  Engine* engine = nullptr;
  napi_ref program_reference = nullptr;
  const int32_t* program = nullptr;
  size_t program_words = 0;
  int64_t weight = 0;  // bytes that V8 knows of
};

void close(napi_env env, Instance* instance) {
  if (!instance->engine) return;
  lm_destroy(instance->engine);
  instance->engine = nullptr;
  instance->program = nullptr;
  instance->program_words = 0;
  if (instance->program_reference) napi_delete_reference(env, instance->program_reference);
  instance->program_reference = nullptr;
  int64_t total;
  napi_adjust_external_memory(env, -instance->weight, &total);
  instance->weight = 0;
}

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}
napi_value integer(napi_env env, int32_t value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}
napi_value text(napi_env env, const char* value) {
  napi_value result;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

template <size_t Count>
struct Arguments {
  napi_value values[Count];
  Instance* instance = nullptr;

  Arguments(napi_env env, napi_callback_info info) {
    size_t count = Count;
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
    void* data = nullptr;
    if (napi_get_value_external(env, values[0], &data) == napi_ok) instance = static_cast<Instance*>(data);
    if (!instance || !instance->engine) {
      napi_throw_error(env, nullptr, "this engine was disposed of");
      instance = nullptr;
    }
  }
};

struct View {
  void* data = nullptr;
  size_t bytes = 0;
  size_t length = 0;
};
View view(napi_env env, napi_value value) {
  View result;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, &result.length, &result.data, nullptr, nullptr) != napi_ok) {
    napi_throw_type_error(env, nullptr, "expected a typed array");
    return View{};
  }
  static const size_t widths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  result.bytes = result.length * widths[type];
  return result;
}

// create(threads, memoryLimit, variant)
napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value values[3];
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  int32_t threads = 1, variant = -1;
  double limit = 0;
  napi_get_value_int32(env, values[0], &threads);
  napi_get_value_double(env, values[1], &limit);
  napi_get_value_int32(env, values[2], &variant);
  Instance* instance = new Instance;
  instance->engine = lm_create(threads, limit, variant);
  napi_value result;
  napi_create_external(
      env, instance,
      [](napi_env own, void* data, void*) {
        Instance* old = static_cast<Instance*>(data);
        close(own, old);
        delete old;
      },
      nullptr, &result);
  return result;
}

napi_value dispose(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  if (arguments.instance) close(env, arguments.instance);
  return nullptr;
}

// attach(engine, Int32Array): where programs will be found
napi_value attach(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Instance* instance = arguments.instance;
  if (!instance) return nullptr;
  const View words = view(env, arguments.values[1]);
  if (instance->program_reference) napi_delete_reference(env, instance->program_reference);
  napi_create_reference(env, arguments.values[1], 1, &instance->program_reference);
  instance->program = static_cast<const int32_t*>(words.data);
  instance->program_words = words.length;
  return nullptr;
}

// execute(engine, words) → status
napi_value execute(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Instance* instance = arguments.instance;
  if (!instance) return nullptr;
  uint32_t words = 0;
  napi_get_value_uint32(env, arguments.values[1], &words);
  if (words > instance->program_words) return integer(env, 3);
  const int32_t status = lm_execute(instance->engine, instance->program, words);
  return integer(env, status);
}

// compile(engine, words) → number of the plan, or a negative status
napi_value compile(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Instance* instance = arguments.instance;
  if (!instance) return nullptr;
  uint32_t words = 0;
  napi_get_value_uint32(env, arguments.values[1], &words);
  if (words > instance->program_words) return integer(env, -3);
  const int32_t number = lm_compile(instance->engine, instance->program, words);
  return integer(env, number);
}

// replay(engine, plan, words) → status
napi_value replay(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  Instance* instance = arguments.instance;
  if (!instance) return nullptr;
  int32_t plan = -1;
  uint32_t words = 0;
  napi_get_value_int32(env, arguments.values[1], &plan);
  napi_get_value_uint32(env, arguments.values[2], &words);
  if (words > instance->program_words) return integer(env, 3);
  const int32_t status = lm_replay(instance->engine, plan, instance->program, words);
  return integer(env, status);
}

napi_value discard(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  if (!arguments.instance) return nullptr;
  int32_t plan = -1;
  napi_get_value_int32(env, arguments.values[1], &plan);
  lm_discard(arguments.instance->engine, plan);
  return nullptr;
}

// write(engine, id, typed array) → status
napi_value write(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  Instance* instance = arguments.instance;
  if (!instance) return nullptr;
  int32_t id = -1;
  napi_get_value_int32(env, arguments.values[1], &id);
  const View values = view(env, arguments.values[2]);
  const int32_t status = lm_allocate(instance->engine, id, static_cast<double>(values.bytes));
  if (status == 0 && values.bytes > 0) memcpy(lm_data(instance->engine, id), values.data, values.bytes);
  return integer(env, status);
}

// read(engine, id, typed array) → bytes of the buffer; −1 when there is no such buffer; copies only when they agree
napi_value read(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  Instance* instance = arguments.instance;
  if (!instance) return nullptr;
  int32_t id = -1;
  napi_get_value_int32(env, arguments.values[1], &id);
  const View values = view(env, arguments.values[2]);
  const double bytes = lm_bytes(instance->engine, id);
  if (bytes == static_cast<double>(values.bytes) && values.bytes > 0) {
    memcpy(values.data, lm_data(instance->engine, id), values.bytes);
  }
  return number(env, bytes);
}

// weigh(engine, bytes): the garbage collector is told that its objects hold so much outside its heap
napi_value weigh(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Instance* instance = arguments.instance;
  if (!instance) return nullptr;
  double bytes = 0;
  napi_get_value_double(env, arguments.values[1], &bytes);
  int64_t total;
  napi_adjust_external_memory(env, static_cast<int64_t>(bytes) - instance->weight, &total);
  instance->weight = static_cast<int64_t>(bytes);
  return nullptr;
}

// Fills a Float64Array of 4.
template <void (*Get)(Engine*, double*)>
napi_value four(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  if (!arguments.instance) return nullptr;
  const View out = view(env, arguments.values[1]);
  if (out.bytes == 4 * sizeof(double)) Get(arguments.instance->engine, static_cast<double*>(out.data));
  return nullptr;
}

template <void (*Act)(Engine*)>
napi_value act(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  if (arguments.instance) Act(arguments.instance->engine);
  return nullptr;
}

// What the addon was built from: build.mjs says it.
napi_value sources(napi_env env, napi_callback_info) { return text(env, LM_SOURCES); }

napi_value operations(napi_env env, napi_callback_info) { return text(env, lm_operations()); }

napi_value instruction_set(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return arguments.instance ? text(env, lm_instruction_set(arguments.instance->engine)) : nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const napi_property_descriptor properties[] = {
#define LM_FUNCTION(name, function) {name, nullptr, function, nullptr, nullptr, nullptr, napi_enumerable, nullptr}
      LM_FUNCTION("create", create),
      LM_FUNCTION("dispose", dispose),
      LM_FUNCTION("attach", attach),
      LM_FUNCTION("execute", execute),
      LM_FUNCTION("compile", compile),
      LM_FUNCTION("replay", replay),
      LM_FUNCTION("discard", discard),
      LM_FUNCTION("write", write),
      LM_FUNCTION("read", read),
      LM_FUNCTION("weigh", weigh),
      LM_FUNCTION("counters", four<lm_counters>),
      LM_FUNCTION("error", four<lm_error>),
      LM_FUNCTION("resetPeak", act<lm_reset_peak>),
      LM_FUNCTION("trim", act<lm_trim>),
      LM_FUNCTION("sources", sources),
      LM_FUNCTION("operations", operations),
      LM_FUNCTION("instructionSet", instruction_set),
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
  return exports;
}
