// The table of one variant's kernels. Code 0 is the command loop's own `free`.
#include "kernels.h"

namespace lemanic {
namespace LM_NS {

static Registry build() {
  Registry registry;
  registry.add("free", nullptr);
  register_unary(registry);
  register_binary(registry);
  register_cast(registry);
  register_creation(registry);
  register_reduce(registry);
  register_scan(registry);
  register_sort(registry);
  register_shape(registry);
  register_index(registry);
  register_update_rows(registry);
  register_matmul(registry);
  register_normalization(registry);
  register_softmax(registry);
  register_attention(registry);
  register_attention_gradient(registry);
  register_rotary(registry);
  register_optimizer(registry);
  register_random(registry);
  register_convolution(registry);
  register_pooling(registry);
  register_lstm(registry);
  register_gru(registry);
  register_rectifier(registry);
  register_decompositions(registry);
  return registry;
}

const Registry& registry();
const Registry& registry() {
  static const Registry table = build();
  return table;
}

}  // namespace LM_NS
}  // namespace lemanic
