// The instruction sets that the kernels are built for.
#pragma once
#include "engine.h"

namespace lemanic {

struct Variant {
  const char* name;
  const Registry& (*registry)();
};

// -1: the best that this machine runs; else number `wanted` of the processor family's variants (0 the baseline, on x86-64
// 1 AVX2 and 2 AVX-512) where the machine runs it, and the baseline where not.
const Variant* choose_variant(int32_t wanted);

namespace baseline {
const Registry& registry();
}
namespace avx2 {
const Registry& registry();
}
namespace avx512 {
const Registry& registry();
}

}  // namespace lemanic
