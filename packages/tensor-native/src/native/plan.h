// A recorded program, ready to be replayed.
#pragma once
#include "engine-state.h"

namespace lemanic {

enum ValueKind : int32_t { kTemporary = 0, kInput = 1, kOutput = 2, kConstant = 3 };
constexpr int kValueKinds = 4;
constexpr size_t kUnknownBytes = SIZE_MAX;

struct Value {
  int32_t kind;
  int32_t number;       // which input or output; the buffer of a constant
  size_t bytes;         // kUnknownBytes for a value that no command touches
  size_t offset;        // of a temporary in the arena
  int32_t first, last;  // commands between which a temporary lives
};

struct Step {
  Kernel kernel;
  int32_t code;
  int32_t inputs, outputs, operand;  // operands begin at `operand`: inputs, then outputs
  int32_t attribute, attribute_words;
  bool wanted;
};

// All zeros is an empty plan.
struct Plan {
  int32_t values, inputs, outputs, patches, steps;
  size_t arena;  // bytes that its temporaries take
  Value* value;
  void** data;  // of each value, during a replay
  Step* step;
  Tensor* operand;
  int32_t* operand_value;
  int32_t* attribute;
  int32_t* patch;  // positions among the attributes
  int32_t* made;   // buffers of the outputs of the replay under way, by number; −1 before
};

// The program of lm_compile (lemanic.h) into tables; false where it is not one or memory is short.
bool read_plan(const Registry& registry, Plan& plan, const int32_t* at, const int32_t* end);
// Leaves out what leads to no output, and gives every temporary its place in the arena.
bool lay_out(Plan& plan);
// Frees the tables.
void empty(Plan& plan);

}  // namespace lemanic
