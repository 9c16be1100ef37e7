#include "engine-state.h"

#include <stdlib.h>
#include <string.h>

#include "lemanic.h"

namespace lemanic {

void Registry::add(const char* name, Kernel kernel) {
  if (count_ == kCapacity) abort();
  names_[count_] = name;
  kernels_[count_++] = kernel;
}

Status fail(Engine& engine, Status status, double a, double b, double c) {
  engine.error[1] = a;
  engine.error[2] = b;
  engine.error[3] = c;
  return status;
}

int thread_count(const Engine& engine) { return pool_threads(engine.pool); }

void* scratch(Engine& engine, int thread, int slot, size_t bytes) {
  Scratch& memory = engine.scratch[thread * kScratchSlots + slot];
  if (memory.bytes < bytes) {
    release_memory(memory.data);
    memory.bytes = bytes + bytes / 4;
    memory.data = aligned_memory(memory.bytes);
    if (!memory.data) abort();  // a few hundred kilobytes; there is no way to go on without them
  }
  return memory.data;
}

void* take(Engine& engine, size_t bytes) { return engine.memory.take(bytes); }
void give(Engine& engine, void* memory, size_t bytes) { engine.memory.give(memory, bytes); }
void parallel(Engine& engine, int64_t count, Body body, void* context) {
  pool_run(engine.pool, count, body, context);
}

static Status past_limit(Engine& engine, size_t bytes) {
  return fail(engine, kMemoryLimit, static_cast<double>(bytes), static_cast<double>(engine.live),
              static_cast<double>(engine.limit));
}

Status allocate(Engine& engine, int32_t id, size_t bytes) {
  if (id < 0 || id > (1 << 28)) return fail(engine, kUnknownBuffer, id);
  if (id >= engine.capacity) {
    int32_t capacity = engine.capacity < 512 ? 1024 : engine.capacity * 2;
    if (capacity <= id) capacity = id + 1;
    Buffer* grown = static_cast<Buffer*>(realloc(engine.buffers, sizeof(Buffer) * static_cast<size_t>(capacity)));
    if (!grown) return fail(engine, kOutOfMemory, static_cast<double>(bytes));
    memset(grown + engine.capacity, 0, sizeof(Buffer) * static_cast<size_t>(capacity - engine.capacity));
    engine.buffers = grown;
    engine.capacity = capacity;
  }
  if (engine.buffers[id].data) return fail(engine, kBufferInUse, id);
  if (engine.limit && engine.live + bytes > engine.limit) return past_limit(engine, bytes);
  // The pool may hold as much as lives, and 64 MiB beside it, and what is taken from it again and again.
  if (engine.memory.trimmable() > engine.peak + (size_t{64} << 20)) engine.memory.trim_idle(4 * engine.peak);
  void* data = engine.memory.take(bytes);
  if (!data) return fail(engine, kOutOfMemory, static_cast<double>(bytes));
  engine.buffers[id] = {data, bytes};
  engine.live += bytes;
  engine.count += 1;
  if (engine.live > engine.peak) engine.peak = engine.live;
  return kOk;
}

Status reserve(Engine& engine, size_t bytes) {
  if (engine.limit && engine.live + bytes > engine.limit) return past_limit(engine, bytes);
  engine.live += bytes;
  if (engine.live > engine.peak) engine.peak = engine.live;
  return kOk;
}

Status release(Engine& engine, int32_t id) {
  if (id < 0 || id >= engine.capacity || !engine.buffers[id].data) return fail(engine, kUnknownBuffer, id);
  Buffer& buffer = engine.buffers[id];
  engine.memory.give(buffer.data, buffer.bytes);
  engine.live -= buffer.bytes;
  engine.count -= 1;
  buffer = {nullptr, 0};
  return kOk;
}

bool parse_operand(const int32_t*& at, const int32_t* end, Tensor& tensor, int32_t& id) {
  if (end - at < 3) return false;
  id = at[0];
  tensor.dtype = at[1];
  tensor.rank = at[2];
  if (tensor.dtype < 0 || tensor.dtype > kFloat16 || tensor.rank < 0 || tensor.rank > kMaxRank) return false;
  at += 3;
  if (end - at < tensor.rank) return false;
  int64_t size = 1;
  for (int i = 0; i < tensor.rank; ++i) {
    if (at[i] < 0 || (at[i] > 0 && size > (int64_t{1} << 40) / at[i])) return false;
    tensor.dims[i] = at[i];
    size *= at[i];
  }
  tensor.size = size;
  at += tensor.rank;
  return true;
}

static Status run_command(Engine& engine, const int32_t* command, const int32_t* end) {
  const int32_t code = command[0];
  engine.error[0] = code;
  if (code == 0) {
    for (const int32_t* id = command + 2; id < end; ++id) {
      if (Status status = release(engine, *id)) return status;
    }
    return kOk;
  }
  const Registry& registry = engine.variant->registry();
  if (code < 0 || code >= registry.count() || end - command < 5) return fail(engine, kBadCommand, 0);
  const int32_t attribute_words = command[2], inputs = command[3], outputs = command[4];
  if (attribute_words < 0 || inputs < 0 || outputs < 0 || inputs > kMaxOperands || outputs > kMaxOperands ||
      attribute_words > end - command - 5) {
    return fail(engine, kBadCommand, 2);
  }
  if (inputs + outputs > engine.operand_capacity) {
    const int32_t capacity = (inputs + outputs) * 2 + 64;
    Tensor* grown = static_cast<Tensor*>(realloc(engine.operands, sizeof(Tensor) * static_cast<size_t>(capacity)));
    if (!grown) return fail(engine, kOutOfMemory, static_cast<double>(sizeof(Tensor)) * capacity);
    engine.operands = grown;
    engine.operand_capacity = capacity;
  }
  const int32_t* at = command + 5 + attribute_words;
  int32_t id;
  for (int32_t i = 0; i < inputs; ++i) {
    Tensor& tensor = engine.operands[i];
    if (!parse_operand(at, end, tensor, id)) return fail(engine, kBadCommand, static_cast<double>(at - command));
    if (id < 0 || id >= engine.capacity || !engine.buffers[id].data) return fail(engine, kUnknownBuffer, id);
    const size_t bytes = bytes_of(tensor);
    if (engine.buffers[id].bytes != bytes) {
      return fail(engine, kSizeMismatch, id, static_cast<double>(bytes), static_cast<double>(engine.buffers[id].bytes));
    }
    tensor.data = engine.buffers[id].data;
  }
  const int32_t* first_output = at;
  int32_t made = 0;
  Status status = kOk;
  for (; made < outputs; ++made) {
    Tensor& tensor = engine.operands[inputs + made];
    if (!parse_operand(at, end, tensor, id)) {
      status = fail(engine, kBadCommand, static_cast<double>(at - command));
      break;
    }
    status = allocate(engine, id, bytes_of(tensor));
    if (status) break;
    tensor.data = engine.buffers[id].data;
  }
  if (!status) {
    Call call{engine, engine.operands, inputs, engine.operands + inputs, outputs, command + 5, attribute_words};
    status = registry.kernel(code)(call);
  }
  if (status) {
    for (at = first_output; made > 0; --made) {
      release(engine, at[0]);
      at += 3 + at[2];
    }
  }
  return status;
}

}  // namespace lemanic

using lemanic::Engine;

namespace {
struct Place {
  void* at;
};
}  // namespace
void* operator new(size_t, Place place) noexcept { return place.at; }

Engine* lm_create(int32_t threads, double memory_limit, int32_t variant) {
  void* memory = malloc(sizeof(Engine));
  if (!memory) return nullptr;
  Engine* engine = new (Place{memory}) Engine;
  engine->variant = lemanic::choose_variant(variant);
  engine->pool = lemanic::create_pool(threads);
  const size_t slots = static_cast<size_t>(lemanic::pool_threads(engine->pool)) * lemanic::kScratchSlots;
  engine->scratch = static_cast<lemanic::Scratch*>(calloc(slots, sizeof(lemanic::Scratch)));
  engine->limit = memory_limit > 0 ? static_cast<size_t>(memory_limit) : 0;
  return engine;
}

void lm_destroy(Engine* engine) {
  if (!engine) return;
  const int slots = lemanic::pool_threads(engine->pool) * lemanic::kScratchSlots;
  for (int i = 0; i < slots; ++i) lemanic::release_memory(engine->scratch[i].data);
  lemanic::destroy_pool(engine->pool);
  lemanic::discard_plans(*engine);
  for (int32_t id = 0; id < engine->capacity; ++id) {
    if (engine->buffers[id].data) lemanic::release(*engine, id);
  }
  free(engine->scratch);
  free(engine->buffers);
  free(engine->operands);
  engine->~Engine();
  free(engine);
}

int32_t lm_execute(Engine* engine, const int32_t* program, uint32_t words) {
  const int32_t* at = program;
  const int32_t* end = program + words;
  const lemanic::Busy busy(engine->pool);
  while (at < end) {
    if (end - at < 2 || at[1] < 2 || at[1] > end - at) {
      engine->error[0] = at[0];
      return lemanic::fail(*engine, lemanic::kBadCommand, 1);
    }
    if (lemanic::Status status = lemanic::run_command(*engine, at, at + at[1])) return status;
    at += at[1];
  }
  return lemanic::kOk;
}

int32_t lm_allocate(Engine* engine, int32_t id, double bytes) {
  engine->error[0] = -1;
  return lemanic::allocate(*engine, id, static_cast<size_t>(bytes));
}

void* lm_data(Engine* engine, int32_t id) {
  return id >= 0 && id < engine->capacity ? engine->buffers[id].data : nullptr;
}

double lm_bytes(Engine* engine, int32_t id) {
  return id >= 0 && id < engine->capacity && engine->buffers[id].data ? static_cast<double>(engine->buffers[id].bytes)
                                                                      : -1;
}

void lm_counters(Engine* engine, double* out) {
  out[0] = static_cast<double>(engine->count);
  out[1] = static_cast<double>(engine->live);
  out[2] = static_cast<double>(engine->peak);
  out[3] = static_cast<double>(engine->memory.cached());
}

void lm_reset_peak(Engine* engine) { engine->peak = engine->live; }
void lm_trim(Engine* engine) { engine->memory.trim(); }

void lm_error(Engine* engine, double* out) { memcpy(out, engine->error, sizeof engine->error); }

const char* lm_operations() {
  static char* text = nullptr;
  if (!text) {
    const lemanic::Registry& registry = lemanic::choose_variant(0)->registry();
    size_t size = 1;
    for (int i = 0; i < registry.count(); ++i) size += strlen(registry.names()[i]) + 1;
    text = static_cast<char*>(calloc(size, 1));
    char* to = text;
    for (int i = 0; i < registry.count(); ++i) {
      const size_t length = strlen(registry.names()[i]);
      memcpy(to, registry.names()[i], length);
      to[length] = '\n';
      to += length + 1;
    }
  }
  return text;
}

const char* lm_instruction_set(Engine* engine) { return engine->variant->name; }
