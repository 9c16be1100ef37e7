// What every kernel file includes: the families of one variant.
#pragma once
#include "engine.h"

#ifndef LM_NS
#define LM_NS baseline
#endif

namespace lemanic {
namespace LM_NS {

void register_unary(Registry& registry);
void register_binary(Registry& registry);
void register_cast(Registry& registry);
void register_creation(Registry& registry);
void register_reduce(Registry& registry);
void register_scan(Registry& registry);
void register_sort(Registry& registry);
void register_shape(Registry& registry);
void register_index(Registry& registry);
void register_update_rows(Registry& registry);
void register_matmul(Registry& registry);
void register_normalization(Registry& registry);
void register_softmax(Registry& registry);
void register_attention(Registry& registry);
void register_attention_gradient(Registry& registry);
void register_rotary(Registry& registry);
void register_optimizer(Registry& registry);
void register_random(Registry& registry);
void register_convolution(Registry& registry);
void register_pooling(Registry& registry);
void register_lstm(Registry& registry);
void register_gru(Registry& registry);
void register_rectifier(Registry& registry);
void register_decompositions(Registry& registry);

}  // namespace LM_NS
}  // namespace lemanic
