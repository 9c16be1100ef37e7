// Maximum and average pooling, NHWC, with their gradients.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

// attributes: window 2, strides 2, padding 4 (top, bottom, left, right)
struct Windows {
  int64_t batch, height, width, channels, out_height, out_width;
  int64_t window_y, window_x, stride_y, stride_x, top, left;

  LM_INLINE Status read(Call& call, const Tensor& image, const Tensor& result) {
    if (image.rank != 4 || result.rank != 4 || image.dims[0] != result.dims[0] || image.dims[3] != result.dims[3]) {
      return fail(call.engine, kBadCommand, 0);
    }
    batch = image.dims[0];
    height = image.dims[1];
    width = image.dims[2];
    channels = image.dims[3];
    out_height = result.dims[1];
    out_width = result.dims[2];
    window_y = call.word(0);
    window_x = call.word(1);
    stride_y = call.word(2);
    stride_x = call.word(3);
    top = call.word(4);
    left = call.word(6);
    return stride_y < 1 || stride_x < 1 || window_y < 1 || window_x < 1 ? fail(call.engine, kBadCommand, 1) : kOk;
  }

  // f(offset of an image pixel) for the pixels of a window that are inside
  template <class F>
  LM_INLINE void visit(int64_t n, int64_t y, int64_t x, F f) const {
    int64_t row = y * stride_y - top, column_begin = x * stride_x - left;
    int64_t row_end = row + window_y < height ? row + window_y : height;
    const int64_t column_end = column_begin + window_x < width ? column_begin + window_x : width;
    if (row < 0) row = 0;
    if (column_begin < 0) column_begin = 0;
    for (; row < row_end; ++row) {
      for (int64_t column = column_begin; column < column_end; ++column) {
        f(((n * height + row) * width + column) * channels);
      }
    }
  }
  LM_INLINE int64_t cells(int64_t y, int64_t x) const {
    int64_t count = 0;
    visit(0, y, x, [&](int64_t) { ++count; });
    return count;
  }
  LM_INLINE int64_t image_size() const { return height * width * channels; }
};

// f(image, output row, output column, offset of the output pixel) over all output pixels, image by image in parallel
template <class F>
LM_INLINE void each_pixel(Engine& engine, const Windows& w, F f) {
  parallel_for(engine, w.batch, [&](int64_t n, int) {
    for (int64_t y = 0; y < w.out_height; ++y) {
      for (int64_t x = 0; x < w.out_width; ++x) f(n, y, x, ((n * w.out_height + y) * w.out_width + x) * w.channels);
    }
  });
}

// The pixels of the window of an output pixel: rows [row, row_end), columns [column, column_end).
struct Frame {
  int64_t row, row_end, column, column_end;
  LM_INLINE Frame(const Windows& w, int64_t y, int64_t x)
      : row(y * w.stride_y - w.top), row_end(row + w.window_y), column(x * w.stride_x - w.left),
        column_end(column + w.window_x) {
    if (row < 0) row = 0;
    if (column < 0) column = 0;
    if (row_end > w.height) row_end = w.height;
    if (column_end > w.width) column_end = w.width;
  }
};

LM_INLINE vf lanes_at(const float* at, int64_t n) { return n >= kLanes ? load(at) : load_part(at, n); }
LM_INLINE void put_lanes(float* at, vf x, int64_t n) {
  if (n >= kLanes) {
    store(at, x);
  } else {
    store_part(at, x, n);
  }
}

Status max_pool(Call& call) {
  const Tensor &x = call.in[0], &y = call.out[0];
  Windows w;
  if (Status status = w.read(call, x, y)) return status;
  each_pixel(call.engine, w, [&](int64_t n, int64_t row, int64_t column, int64_t at) {
    const Frame frame(w, row, column);
    const float* image = x.f32() + n * w.image_size();
    for (int64_t c = 0; c < w.channels; c += kLanes) {
      vf best = splat(-INFINITY);
      for (int64_t i = frame.row; i < frame.row_end; ++i) {
        const float* from = image + (i * w.width + frame.column) * w.channels + c;
        for (int64_t j = frame.column; j < frame.column_end; ++j, from += w.channels) {
          best = larger(lanes_at(from, w.channels - c), best);
        }
      }
      put_lanes(y.f32() + at + c, best, w.channels - c);
    }
  });
  return kOk;
}

// inputs: gradient, x, y
Status max_pool_gradient(Call& call) {
  const Tensor &up = call.in[0], &x = call.in[1], &y = call.in[2], &dx = call.out[0];
  Windows w;
  if (Status status = w.read(call, x, y)) return status;
  // where windows do not meet, a pixel is written once; zeros are needed only if some are in no window
  const bool apart = w.stride_y >= w.window_y && w.stride_x >= w.window_x;
  const bool covered = w.stride_y == w.window_y && w.stride_x == w.window_x && w.top == 0 && w.left == 0 &&
                       w.out_height * w.stride_y == w.height && w.out_width * w.stride_x == w.width;
  if (!covered) memset(dx.data, 0, static_cast<size_t>(dx.size) * sizeof(float));
  each_pixel(call.engine, w, [&](int64_t n, int64_t row, int64_t column, int64_t at) {
    const Frame frame(w, row, column);
    const int64_t base = n * w.image_size();
    for (int64_t c = 0; c < w.channels; c += kLanes) {
      const int64_t lanes = w.channels - c;
      const vf best = lanes_at(y.f32() + at + c, lanes), g = lanes_at(up.f32() + at + c, lanes);
      vi open = splat(int32_t{-1});
      for (int64_t i = frame.row; i < frame.row_end; ++i) {
        int64_t pixel = base + (i * w.width + frame.column) * w.channels + c;
        for (int64_t j = frame.column; j < frame.column_end; ++j, pixel += w.channels) {
          const vf value = lanes_at(x.f32() + pixel, lanes);
          const vi wins = open & ((value == best) | ((value != value) & (best != best)));
          open &= ~wins;
          const vf share = select(wins, g, splat(0.0f));
          put_lanes(dx.f32() + pixel, apart ? share : share + lanes_at(dx.f32() + pixel, lanes), lanes);
        }
      }
    }
  });
  return kOk;
}

Status average_pool(Call& call) {
  const Tensor &x = call.in[0], &y = call.out[0];
  Windows w;
  if (Status status = w.read(call, x, y)) return status;
  each_pixel(call.engine, w, [&](int64_t n, int64_t row, int64_t column, int64_t at) {
    float* __restrict to = y.f32() + at;
    for (int64_t c = 0; c < w.channels; ++c) to[c] = 0;
    w.visit(n, row, column, [&](int64_t pixel) {
      const float* from = x.f32() + pixel;
      for (int64_t c = 0; c < w.channels; ++c) to[c] += from[c];
    });
    const int64_t cells = w.cells(row, column);
    for (int64_t c = 0; c < w.channels; ++c) to[c] = cells ? to[c] / static_cast<float>(cells) : 0;
  });
  return kOk;
}

// inputs: gradient
Status average_pool_gradient(Call& call) {
  const Tensor &up = call.in[0], &dx = call.out[0];
  Windows w;
  if (Status status = w.read(call, dx, up)) return status;
  memset(dx.data, 0, static_cast<size_t>(dx.size) * sizeof(float));
  each_pixel(call.engine, w, [&](int64_t n, int64_t row, int64_t column, int64_t at) {
    const int64_t cells = w.cells(row, column);
    if (cells == 0) return;
    const float share = 1.0f / static_cast<float>(cells);
    const float* from = up.f32() + at;
    w.visit(n, row, column, [&](int64_t pixel) {
      float* __restrict to = dx.f32() + pixel;
      for (int64_t c = 0; c < w.channels; ++c) to[c] += from[c] * share;
    });
  });
  return kOk;
}

}  // namespace

void register_pooling(Registry& registry) {
  registry.add("maxPool2d", max_pool);
  registry.add("maxPool2dGradient", max_pool_gradient);
  registry.add("averagePool2d", average_pool);
  registry.add("averagePool2dGradient", average_pool_gradient);
}

}  // namespace LM_NS
}  // namespace lemanic
