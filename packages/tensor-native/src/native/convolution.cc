// Two-dimensional convolution, NHWC, with stride, dilation, groups and padding, and its gradients: patches are laid out
// as rows of a matrix (im2col) a band of output rows at a time, and the products are the engine's.
#include "gemm.h"
#include "micro-kernel.h"

namespace lemanic {
namespace LM_NS {
namespace {

// attributes: strides 2, dilations 2, groups, padding 4 (top, bottom, left, right)
struct Geometry {
  int64_t batch, height, width, channels;            // of the image
  int64_t out_height, out_width, out_channels;       // of the result
  int64_t filter_height, filter_width, group_in, group_out, groups;
  int64_t stride_y, stride_x, dilation_y, dilation_x, top, left;

  LM_INLINE Status read(Call& call, const Tensor& image, const Tensor& filter, const Tensor& result) {
    if (image.rank != 4 || filter.rank != 4 || result.rank != 4) return fail(call.engine, kBadCommand, 0);
    batch = image.dims[0];
    height = image.dims[1];
    width = image.dims[2];
    channels = image.dims[3];
    out_height = result.dims[1];
    out_width = result.dims[2];
    out_channels = result.dims[3];
    filter_height = filter.dims[0];
    filter_width = filter.dims[1];
    group_in = filter.dims[2];
    groups = call.word(4);
    if (groups < 1 || channels != group_in * groups || filter.dims[3] != out_channels || out_channels % groups != 0 ||
        result.dims[0] != batch) {
      return fail(call.engine, kBadCommand, 1);
    }
    group_out = out_channels / groups;
    stride_y = call.word(0);
    stride_x = call.word(1);
    dilation_y = call.word(2);
    dilation_x = call.word(3);
    top = call.word(5);
    left = call.word(7);
    return stride_y < 1 || stride_x < 1 || dilation_y < 1 || dilation_x < 1 ? fail(call.engine, kBadCommand, 2) : kOk;
  }

  LM_INLINE int64_t patch() const { return filter_height * filter_width * group_in; }
  LM_INLINE int64_t rows() const { return batch * out_height; }  // one row: out_width pixels

  // f(patch cell offset, pixel offset in the image or −1) for every filter position of one output pixel
  template <class F>
  LM_INLINE void visit(int64_t n, int64_t y, int64_t x, F f) const {
    int64_t cell = 0;
    for (int64_t fy = 0; fy < filter_height; ++fy) {
      const int64_t row = y * stride_y - top + fy * dilation_y;
      for (int64_t fx = 0; fx < filter_width; ++fx, cell += group_in) {
        const int64_t column = x * stride_x - left + fx * dilation_x;
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        f(cell, inside ? ((n * height + row) * width + column) * channels : int64_t{-1});
      }
    }
  }
};

LM_INLINE void copy_cells(float* to, const float* from, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(to + i, load(from + i));
  if (i < n) store_part(to + i, load_part(from + i, n - i), n - i);
}
LM_INLINE void clear_cells(float* to, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(to + i, vf{});
  if (i < n) store_part(to + i, vf{}, n - i);
}
LM_INLINE void add_cells(float* to, const float* from, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(to + i, load(to + i) + load(from + i));
  for (; i < n; ++i) to[i] += from[i];
}

// Patches of one output row of one group: [out_width][patch], rows `stride` apart.
void lay_out(const Geometry& g, const float* image, int64_t row, int64_t group, float* patches, int64_t stride) {
  const int64_t n = row / g.out_height, y = row % g.out_height;
  const bool joined = g.groups == 1 && g.dilation_x == 1;  // neighbouring cells of a filter row are neighbours in memory
  const int64_t span = g.filter_width * g.channels;
  for (int64_t x = 0; x < g.out_width; ++x) {
    float* to = patches + x * stride;
    const int64_t column = x * g.stride_x - g.left;
    if (joined && column >= 0 && column + g.filter_width <= g.width) {
      for (int64_t fy = 0; fy < g.filter_height; ++fy, to += span) {
        const int64_t line = y * g.stride_y - g.top + fy * g.dilation_y;
        if (line < 0 || line >= g.height) {
          clear_cells(to, span);
        } else {
          copy_cells(to, image + ((n * g.height + line) * g.width + column) * g.channels, span);
        }
      }
      continue;
    }
    g.visit(n, y, x, [&](int64_t cell, int64_t pixel) {
      if (pixel < 0) {
        clear_cells(to + cell, g.group_in);
      } else {
        copy_cells(to + cell, image + pixel + group * g.group_in, g.group_in);
      }
    });
  }
}

// A one-by-one filter with stride one reads the image itself.
LM_INLINE bool is_pointwise(const Geometry& g) {
  return g.filter_height == 1 && g.filter_width == 1 && g.stride_y == 1 && g.stride_x == 1 && g.top == 0 && g.left == 0 &&
         g.out_height == g.height && g.out_width == g.width;
}

// Output rows to take together, so that a product has enough pixels.
LM_INLINE int64_t band_rows(const Geometry& g, int64_t pixels) {
  const int64_t rows = (pixels + g.out_width - 1) / g.out_width;
  return rows < 1 ? 1 : rows;
}

constexpr int64_t kDepth = 256;  // of a product at a time: a panel of the filter stays in the first cache

// Floats from one patch to the next; large powers of two would fight for the same cache sets.
LM_INLINE int64_t patch_stride(const Geometry& g) { return g.patch() % 64 == 0 ? g.patch() + 16 : g.patch(); }

struct Finish {
  const float* bias;  // [out_channels] or nullptr
  bool rectify;
};

// The convolution with filters in panels: those of group i at panels + i·patch·packed_columns(group_out).
void convolve_packed(Engine& engine, const Geometry& g, const float* image, const float* panels, float* out,
                     const Finish& finish) {
  const int64_t band = band_rows(g, 96), bands = (g.rows() + band - 1) / band;
  const bool pointwise = is_pointwise(g);
  const int64_t depth_all = g.patch(), stride = pointwise ? g.channels : patch_stride(g);
  const int64_t group_panels = depth_all * packed_columns(g.group_out);
  parallel_for(engine, bands, [&](int64_t index, int thread) {
    const int64_t first = index * band, rows = g.rows() - first < band ? g.rows() - first : band;
    const int64_t pixels = rows * g.out_width;
    float* patches = nullptr;
    if (!pointwise) {
      patches = static_cast<float*>(
          scratch(engine, thread, 2, static_cast<size_t>(band * g.out_width * stride + 16) * sizeof(float)));
    }
    float* to = out + first * g.out_width * g.out_channels;
    for (int64_t group = 0; group < g.groups; ++group) {
      const float* a = pointwise ? image + first * g.width * g.channels + group * g.group_in : patches;
      if (!pointwise) {
        for (int64_t r = 0; r < rows; ++r) lay_out(g, image, first + r, group, patches + r * g.out_width * stride, stride);
      }
      for (int64_t k = 0; k < depth_all; k += kDepth) {
        const int64_t depth = depth_all - k < kDepth ? depth_all - k : kDepth;
        const Start start = k > 0 ? Start::kAccumulate : finish.bias ? Start::kBias : Start::kZero;
        for (int64_t j = 0; j < g.group_out; j += kPanel) {
          const int64_t columns = g.group_out - j < kPanel ? g.group_out - j : kPanel;
          const float* panel = panels + group * group_panels + j * depth_all + k * kPanel;
          const int64_t channel = group * g.group_out + j;
          for (int64_t i = 0; i < pixels; i += kTileRows) {
            micro_rows(pixels - i < kTileRows ? pixels - i : kTileRows, depth, a + i * stride + k, stride, 1, panel,
                       kPanel, to + i * g.out_channels + channel, g.out_channels, columns, start,
                       finish.bias ? finish.bias + channel : nullptr);
          }
        }
      }
    }
    if (finish.rectify) {
      map1(to, to, pixels * g.out_channels, [](vf x) { return select(x <= splat(0.0f), splat(0.0f), x); });
    }
  });
}

// Filters of all groups as panels, in memory that the caller holds.
LM_INLINE size_t panel_bytes(const Geometry& g) {
  return static_cast<size_t>(g.groups * g.patch() * packed_columns(g.group_out) + kPanel) * sizeof(float);
}

Status convolve_with(Call& call, const float* bias, bool rectify) {
  const Tensor &x = call.in[0], &filter = call.in[1], &y = call.out[0];
  Geometry g;
  if (Status status = g.read(call, x, filter, y)) return status;
  if (y.size == 0) return kOk;
  const Temporary panels(call.engine, panel_bytes(g));
  if (!panels.data) return fail(call.engine, kOutOfMemory, static_cast<double>(panels.bytes));
  for (int64_t group = 0; group < g.groups; ++group) {
    pack_panels(filter.f32() + group * g.group_out, g.out_channels, 1, g.patch(), g.group_out,
                panels.as<float>() + group * g.patch() * packed_columns(g.group_out));
  }
  convolve_packed(call.engine, g, x.f32(), panels.as<float>(), y.f32(), Finish{bias, rectify});
  return kOk;
}

// inputs: x, filter
Status convolve(Call& call) { return convolve_with(call, nullptr, false); }

// attributes: as convolve, then whether to rectify; inputs: x, filter, bias
Status convolve_biased(Call& call) {
  if (call.in[2].size != call.out[0].dim(-1)) return fail(call.engine, kBadCommand, 0);
  return convolve_with(call, call.in[2].f32(), call.word(9) != 0);
}

// With stride one the gradient of the image is a convolution of the result's with the filter turned by half a circle
// and its channels exchanged.
Status turned_convolution(Call& call, const Geometry& g, const Tensor& up, const Tensor& filter, const Tensor& dx) {
  Geometry turned = g;
  turned.height = g.out_height;
  turned.width = g.out_width;
  turned.channels = g.out_channels;
  turned.out_height = g.height;
  turned.out_width = g.width;
  turned.out_channels = g.channels;
  turned.group_in = g.group_out;
  turned.group_out = g.group_in;
  turned.top = (g.filter_height - 1) * g.dilation_y - g.top;
  turned.left = (g.filter_width - 1) * g.dilation_x - g.left;
  const Temporary panels(call.engine, panel_bytes(turned));
  if (!panels.data) return fail(call.engine, kOutOfMemory, static_cast<double>(panels.bytes));
  const int64_t taps = g.filter_height * g.filter_width, size = turned.patch() * packed_columns(turned.group_out);
  const Temporary exchanged(call.engine, static_cast<size_t>(turned.patch() * turned.group_out + 1) * sizeof(float));
  if (!exchanged.data) return fail(call.engine, kOutOfMemory, static_cast<double>(exchanged.bytes));
  for (int64_t group = 0; group < g.groups; ++group) {
    // [tap][out][in] of this group
    for (int64_t tap = 0; tap < taps; ++tap) {
      const float* from = filter.f32() + (taps - 1 - tap) * g.group_in * g.out_channels + group * g.group_out;
      transpose_into(from, g.out_channels, exchanged.as<float>() + tap * g.group_out * g.group_in, g.group_in, g.group_in,
                     g.group_out);
    }
    pack_panels(exchanged.as<float>(), g.group_in, 1, turned.patch(), g.group_in, panels.as<float>() + group * size);
  }
  convolve_packed(call.engine, turned, up.f32(), panels.as<float>(), dx.f32(), Finish{nullptr, false});
  return kOk;
}

// inputs: gradient, filter → gradient of the image; images go to different threads, so that no two add to one pixel
Status input_gradient(Call& call) {
  const Tensor &up = call.in[0], &filter = call.in[1], &dx = call.out[0];
  Geometry g;
  if (Status status = g.read(call, dx, filter, up)) return status;
  if (dx.size == 0) return kOk;
  if (g.stride_y == 1 && g.stride_x == 1) return turned_convolution(call, g, up, filter, dx);
  parallel_for(call.engine, g.batch, [&](int64_t n, int thread) {
    memset(dx.f32() + n * g.height * g.width * g.channels, 0,
           static_cast<size_t>(g.height * g.width * g.channels) * sizeof(float));
    const int64_t band = band_rows(g, 96);
    float* patches = static_cast<float*>(
        scratch(call.engine, thread, 2, static_cast<size_t>(band * g.out_width * g.patch() + 16) * sizeof(float)));
    for (int64_t first = 0; first < g.out_height; first += band) {
      const int64_t rows = g.out_height - first < band ? g.out_height - first : band;
      for (int64_t group = 0; group < g.groups; ++group) {
        const float* from = up.f32() + (n * g.out_height + first) * g.out_width * g.out_channels + group * g.group_out;
        gemm_serial(call.engine, thread,
                    Gemm{rows * g.out_width, g.patch(), g.group_out, Matrix{from, g.out_channels, 1, kFloat32},
                         Matrix{filter.f32() + group * g.group_out, 1, g.out_channels, kFloat32}, patches, g.patch(),
                         nullptr, false});
        for (int64_t p = 0; p < rows * g.out_width; ++p) {
          const float* patch = patches + p * g.patch();
          g.visit(n, first + p / g.out_width, p % g.out_width, [&](int64_t cell, int64_t pixel) {
            if (pixel >= 0) add_cells(dx.f32() + pixel + group * g.group_in, patch + cell, g.group_in);
          });
        }
      }
    }
  });
  return kOk;
}

// inputs: gradient, x → gradient of the filter; a fixed number of partial sums, joined in order
Status filter_gradient(Call& call) {
  const Tensor &up = call.in[0], &x = call.in[1], &dfilter = call.out[0];
  Geometry g;
  if (Status status = g.read(call, x, dfilter, up)) return status;
  memset(dfilter.data, 0, static_cast<size_t>(dfilter.size) * sizeof(float));
  if (up.size == 0) return kOk;
  constexpr int64_t parts = 8;
  const Temporary partial(call.engine, static_cast<size_t>(parts * dfilter.size) * sizeof(float));
  if (!partial.data) return fail(call.engine, kOutOfMemory, static_cast<double>(partial.bytes));
  float* sums = partial.as<float>();
  const int64_t share = (g.rows() + parts - 1) / parts, band = band_rows(g, kDepth), stride = patch_stride(g);
  parallel_for(call.engine, parts, [&](int64_t part, int thread) {
    float* sum = sums + part * dfilter.size;
    memset(sum, 0, static_cast<size_t>(dfilter.size) * sizeof(float));
    float* patches = static_cast<float*>(
        scratch(call.engine, thread, 2, static_cast<size_t>(band * g.out_width * stride + 16) * sizeof(float)));
    const int64_t end = (part + 1) * share < g.rows() ? (part + 1) * share : g.rows();
    for (int64_t first = part * share; first < end; first += band) {
      const int64_t rows = end - first < band ? end - first : band;
      for (int64_t group = 0; group < g.groups; ++group) {
        for (int64_t r = 0; r < rows; ++r) lay_out(g, x.f32(), first + r, group, patches + r * g.out_width * stride, stride);
        gemm_serial(call.engine, thread,
                    Gemm{g.patch(), g.group_out, rows * g.out_width, Matrix{patches, 1, stride, kFloat32},
                         Matrix{up.f32() + first * g.out_width * g.out_channels + group * g.group_out, g.out_channels, 1,
                                kFloat32},
                         sum + group * g.group_out, g.out_channels, nullptr, true});
      }
    }
  });
  for (int64_t part = 0; part < parts; ++part) add_cells(dfilter.f32(), sums + part * dfilter.size, dfilter.size);
  return kOk;
}

}  // namespace

void register_convolution(Registry& registry) {
  registry.add("conv2d", convolve);
  registry.add("conv2dBias", convolve_biased);
  registry.add("conv2dInputGradient", input_gradient);
  registry.add("conv2dFilterGradient", filter_gradient);
}

}  // namespace LM_NS
}  // namespace lemanic
