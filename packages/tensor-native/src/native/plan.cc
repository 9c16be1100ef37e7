// Recorded programs: compiled once, replayed without parsing and without allocating what lives inside one replay only.
// Temporaries lie in one arena that all plans of an engine share: replays do not overlap.
#include <stdlib.h>

#include "lemanic.h"
#include "plan.h"

namespace lemanic {
namespace {

Status grow_arena(Engine& engine, size_t bytes) {
  if (bytes <= engine.arena.bytes) return kOk;
  if (Status status = reserve(engine, bytes - engine.arena.bytes)) return status;
  release_memory(engine.arena.data);
  engine.memory.trim();  // of what the recorded run left behind
  engine.arena.data = aligned_memory(bytes);
  if (engine.arena.data) {
    engine.arena.bytes = bytes;
    return kOk;
  }
  engine.live -= bytes;
  engine.arena.bytes = 0;
  return fail(engine, kOutOfMemory, static_cast<double>(bytes));
}

// The arena is as large as the largest plan needs.
void fit_arena(Engine& engine) {
  size_t bytes = 0;
  for (int32_t i = 0; i < engine.plan_capacity; ++i) {
    if (engine.plans[i] && engine.plans[i]->arena > bytes) bytes = engine.plans[i]->arena;
  }
  if (bytes == engine.arena.bytes) return;
  release_memory(engine.arena.data);
  engine.live -= engine.arena.bytes;
  engine.arena = {nullptr, 0};
  if (bytes > 0) grow_arena(engine, bytes);
}

int32_t free_number(Engine& engine) {
  for (int32_t i = 0; i < engine.plan_capacity; ++i) {
    if (!engine.plans[i]) return i;
  }
  const int32_t capacity = engine.plan_capacity * 2 + 8;
  Plan** grown = static_cast<Plan**>(realloc(engine.plans, sizeof(Plan*) * static_cast<size_t>(capacity)));
  if (!grown) return -1;
  for (int32_t i = engine.plan_capacity; i < capacity; ++i) grown[i] = nullptr;
  const int32_t number = engine.plan_capacity;
  engine.plans = grown;
  engine.plan_capacity = capacity;
  return number;
}

void destroy(Plan* plan) {
  if (!plan) return;
  empty(*plan);
  free(plan);
}

Status compile(Engine& engine, const int32_t* program, uint32_t words, int32_t& number) {
  engine.error[0] = -2;
  number = free_number(engine);
  Plan* plan = number < 0 ? nullptr : static_cast<Plan*>(calloc(1, sizeof(Plan)));
  if (!plan) return fail(engine, kOutOfMemory, 0);
  if (!read_plan(engine.variant->registry(), *plan, program, program + words)) {
    destroy(plan);
    return fail(engine, kBadCommand, 0);
  }
  Status status = lay_out(*plan) ? kOk : fail(engine, kOutOfMemory, 0);
  if (!status) status = grow_arena(engine, plan->arena);
  if (status) {
    destroy(plan);
    return status;
  }
  engine.plans[number] = plan;
  return kOk;
}

// Memory of every value; the outputs' is made.
Status find_data(Engine& engine, Plan& plan, const int32_t* inputs, const int32_t* outputs) {
  for (int32_t o = 0; o < plan.outputs; ++o) plan.made[o] = -1;
  for (int32_t v = 0; v < plan.values; ++v) {
    const Value& value = plan.value[v];
    if (value.kind == kTemporary) {
      plan.data[v] = static_cast<char*>(engine.arena.data) + value.offset;
      continue;
    }
    if (value.kind == kOutput) {
      const int32_t id = outputs[value.number];
      if (Status status = allocate(engine, id, value.bytes)) return status;
      plan.made[value.number] = id;
      plan.data[v] = engine.buffers[id].data;
      continue;
    }
    const int32_t id = value.kind == kInput ? inputs[value.number] : value.number;
    if (id < 0 || id >= engine.capacity || !engine.buffers[id].data) return fail(engine, kUnknownBuffer, id);
    if (value.bytes != kUnknownBytes && engine.buffers[id].bytes != value.bytes) {
      return fail(engine, kSizeMismatch, id, static_cast<double>(value.bytes), static_cast<double>(engine.buffers[id].bytes));
    }
    plan.data[v] = engine.buffers[id].data;
  }
  return kOk;
}

Status replay(Engine& engine, Plan& plan, const int32_t* program, uint32_t words) {
  engine.error[0] = -2;
  if (static_cast<int64_t>(words) != static_cast<int64_t>(plan.patches) + plan.inputs + plan.outputs) {
    return fail(engine, kBadCommand, 0);
  }
  for (int32_t p = 0; p < plan.patches; ++p) plan.attribute[plan.patch[p]] = program[p];
  const int32_t* inputs = program + plan.patches;
  const Busy busy(engine.pool);
  Status status = grow_arena(engine, plan.arena);
  if (!status) status = find_data(engine, plan, inputs, inputs + plan.inputs);
  for (int32_t s = 0; s < plan.steps && !status; ++s) {
    const Step& step = plan.step[s];
    if (!step.wanted) continue;
    Tensor* operands = plan.operand + step.operand;
    const int32_t* values = plan.operand_value + step.operand;
    for (int32_t i = 0; i < step.inputs + step.outputs; ++i) operands[i].data = plan.data[values[i]];
    Call call{engine, operands, step.inputs, operands + step.inputs, step.outputs, plan.attribute + step.attribute,
              step.attribute_words};
    engine.error[0] = step.code;
    status = step.kernel(call);
  }
  if (status) {
    for (int32_t o = 0; o < plan.outputs; ++o) {
      if (plan.made[o] >= 0) release(engine, plan.made[o]);
    }
  }
  return status;
}

}  // namespace

void discard_plans(Engine& engine) {
  for (int32_t i = 0; i < engine.plan_capacity; ++i) destroy(engine.plans[i]);
  free(engine.plans);
  engine.plans = nullptr;
  engine.plan_capacity = 0;
  release_memory(engine.arena.data);
  engine.arena = {nullptr, 0};
}

}  // namespace lemanic

using lemanic::Engine;

int32_t lm_compile(Engine* engine, const int32_t* program, uint32_t words) {
  int32_t number = -1;
  const lemanic::Status status = lemanic::compile(*engine, program, words, number);
  return status ? -status : number;
}

int32_t lm_replay(Engine* engine, int32_t plan, const int32_t* program, uint32_t words) {
  if (plan < 0 || plan >= engine->plan_capacity || !engine->plans[plan]) {
    engine->error[0] = -2;
    return lemanic::fail(*engine, lemanic::kBadCommand, plan);
  }
  return lemanic::replay(*engine, *engine->plans[plan], program, words);
}

void lm_discard(Engine* engine, int32_t plan) {
  if (plan < 0 || plan >= engine->plan_capacity || !engine->plans[plan]) return;
  lemanic::destroy(engine->plans[plan]);
  engine->plans[plan] = nullptr;
  lemanic::fit_arena(*engine);
}
