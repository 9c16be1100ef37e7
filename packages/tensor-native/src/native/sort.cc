// Stable sort along an axis and the k largest of the last axis, with their indices; NaN comes last in a sort.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

template <class T>
struct Entry {
  T value;
  int32_t index;
};

// Whether a goes strictly before b.
template <class T>
LM_INLINE bool before(T a, T b, bool descending) {
  if (a != a) return false;
  if (b != b) return true;
  return descending ? a > b : a < b;
}

// Merge sort from the bottom up; `spare` is as long as `entries`. Returns the array that holds the result.
template <class T>
Entry<T>* merge_sort(Entry<T>* entries, Entry<T>* spare, int64_t n, bool descending) {
  constexpr int64_t run = 8;
  for (int64_t begin = 0; begin < n; begin += run) {
    const int64_t end = begin + run < n ? begin + run : n;
    for (int64_t i = begin + 1; i < end; ++i) {
      const Entry<T> moving = entries[i];
      int64_t j = i;
      for (; j > begin && before(moving.value, entries[j - 1].value, descending); --j) entries[j] = entries[j - 1];
      entries[j] = moving;
    }
  }
  for (int64_t width = run; width < n; width *= 2) {
    for (int64_t begin = 0; begin < n; begin += 2 * width) {
      const int64_t middle = begin + width < n ? begin + width : n;
      const int64_t end = begin + 2 * width < n ? begin + 2 * width : n;
      int64_t left = begin, right = middle, to = begin;
      while (left < middle && right < end) {
        spare[to++] = before(entries[right].value, entries[left].value, descending) ? entries[right++] : entries[left++];
      }
      while (left < middle) spare[to++] = entries[left++];
      while (right < end) spare[to++] = entries[right++];
    }
    Entry<T>* swap = entries;
    entries = spare;
    spare = swap;
  }
  return entries;
}

template <class T>
LM_INLINE Status sort_of(Call& call, int axis, bool descending) {
  const Tensor& x = call.in[0];
  const int64_t n = x.dims[axis], inner = x.product(axis + 1, x.rank);
  const T* from = static_cast<const T*>(x.data);
  T* values = static_cast<T*>(call.out[0].data);
  int32_t* indices = call.out[1].i32();
  if (x.size == 0) return kOk;
  parallel_for(call.engine, x.size / n, [&](int64_t line, int thread) {
    const int64_t base = line / inner * n * inner + line % inner;
    Entry<T>* entries =
        static_cast<Entry<T>*>(scratch(call.engine, thread, 0, static_cast<size_t>(2 * n) * sizeof(Entry<T>)));
    for (int64_t i = 0; i < n; ++i) entries[i] = {from[base + i * inner], static_cast<int32_t>(i)};
    const Entry<T>* sorted = merge_sort(entries, entries + n, n, descending);
    for (int64_t i = 0; i < n; ++i) {
      values[base + i * inner] = sorted[i].value;
      indices[base + i * inner] = sorted[i].index;
    }
  });
  return kOk;
}

// attributes: axis, descending
Status sort(Call& call) {
  const int axis = call.word(0);
  const bool descending = call.word(1) != 0;
  if (axis < 0 || axis >= call.in[0].rank) return fail(call.engine, kBadCommand, 0);
  switch (call.in[0].dtype) {
    case kFloat32:
      return sort_of<float>(call, axis, descending);
    case kInt32:
      return sort_of<int32_t>(call, axis, descending);
    case kBool:
      return sort_of<uint8_t>(call, axis, descending);
    default:
      return fail(call.engine, kUnsupported, 0, call.in[0].dtype);
  }
}

// The order of topK: larger first, first of equals first, NaN last as in a sort.
template <class T>
LM_INLINE bool ahead(const Entry<T>& a, const Entry<T>& b) {
  if (before(a.value, b.value, true)) return true;
  if (before(b.value, a.value, true)) return false;
  return a.index < b.index;
}

// Keeps the k first of a line in a heap whose top is the last of them.
template <class T>
LM_INLINE void sift_down(Entry<T>* heap, int64_t at, int64_t size) {
  for (;;) {
    int64_t child = 2 * at + 1;
    if (child >= size) return;
    if (child + 1 < size && ahead(heap[child], heap[child + 1])) ++child;
    if (!ahead(heap[at], heap[child])) return;
    const Entry<T> swap = heap[at];
    heap[at] = heap[child];
    heap[child] = swap;
    at = child;
  }
}

template <class T>
LM_INLINE Status top_of(Call& call, int64_t k) {
  const Tensor& x = call.in[0];
  const int64_t n = x.dim(-1);
  if (k < 0 || k > n) return fail(call.engine, kIndexOutOfRange, static_cast<double>(k), static_cast<double>(n), 0);
  if (k == 0 || x.size == 0) return kOk;
  const T* from = static_cast<const T*>(x.data);
  T* values = static_cast<T*>(call.out[0].data);
  int32_t* indices = call.out[1].i32();
  parallel_for(call.engine, x.size / n, [&](int64_t line, int thread) {
    Entry<T>* heap = static_cast<Entry<T>*>(scratch(call.engine, thread, 0, static_cast<size_t>(k) * sizeof(Entry<T>)));
    const T* row = from + line * n;
    for (int64_t i = 0; i < k; ++i) heap[i] = {row[i], static_cast<int32_t>(i)};
    for (int64_t i = k / 2 - 1; i >= 0; --i) sift_down(heap, i, k);
    for (int64_t i = k; i < n; ++i) {
      const Entry<T> next{row[i], static_cast<int32_t>(i)};
      if (!ahead(next, heap[0])) continue;
      heap[0] = next;
      sift_down(heap, 0, k);
    }
    for (int64_t size = k - 1; size > 0; --size) {
      const Entry<T> last = heap[0];
      heap[0] = heap[size];
      heap[size] = last;
      sift_down(heap, 0, size);
    }
    for (int64_t i = 0; i < k; ++i) {
      values[line * k + i] = heap[i].value;
      indices[line * k + i] = heap[i].index;
    }
  });
  return kOk;
}

// attributes: k
Status top_k(Call& call) {
  if (call.in[0].rank < 1) return fail(call.engine, kBadCommand, 0);
  if (call.in[0].dtype == kFloat32) return top_of<float>(call, call.word(0));
  if (call.in[0].dtype == kInt32) return top_of<int32_t>(call, call.word(0));
  return fail(call.engine, kUnsupported, 0, call.in[0].dtype);
}

}  // namespace

void register_sort(Registry& registry) {
  registry.add("sort", sort);
  registry.add("topK", top_k);
}

}  // namespace LM_NS
}  // namespace lemanic
