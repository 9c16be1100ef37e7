// QR, Cholesky, triangular solution and singular values of batches of small matrices, in float64 inside; the matrices of
// a batch go to different threads.
#include "kernels.h"
#include "parallel.h"

#include <math.h>
#include <string.h>

namespace lemanic {
namespace LM_NS {
namespace {

LM_INLINE double dot(const double* a, const double* b, int64_t n) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}
LM_INLINE void add_multiple(double* to, const double* from, double factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] += factor * from[i];
}

// Private memory of `count` numbers; the slot is shared with other kernels.
LM_INLINE double* numbers(Engine& engine, int thread, int64_t count) {
  return static_cast<double*>(scratch(engine, thread, 2, static_cast<size_t>(count + 1) * sizeof(double)));
}

// inputs: a; the lower triangle is read
Status cholesky(Call& call) {
  const Tensor &a = call.in[0], &l = call.out[0];
  if (a.rank < 2 || a.dim(-1) != a.dim(-2)) return fail(call.engine, kBadCommand, 0);
  const int64_t n = a.dim(-1);
  parallel_for(call.engine, a.product(0, a.rank - 2), [&](int64_t index, int thread) {
    const float* from = a.f32() + index * n * n;
    float* to = l.f32() + index * n * n;
    double* rows = numbers(call.engine, thread, n * n);
    for (int64_t i = 0; i < n; ++i) {
      double* row = rows + i * n;
      for (int64_t j = 0; j < i; ++j) row[j] = (from[i * n + j] - dot(row, rows + j * n, j)) / rows[j * n + j];
      row[i] = sqrt(from[i * n + i] - dot(row, row, i));
      for (int64_t j = 0; j < n; ++j) to[i * n + j] = j <= i ? static_cast<float>(row[j]) : 0.0f;
    }
  });
  return kOk;
}

// attributes: lower, transpose; inputs: a, b
Status triangular_solve(Call& call) {
  const Tensor &a = call.in[0], &b = call.in[1], &x = call.out[0];
  if (a.rank < 2 || b.rank < 2 || a.dim(-1) != a.dim(-2) || b.dim(-2) != a.dim(-1)) return fail(call.engine, kBadCommand, 0);
  const int64_t n = a.dim(-1), width = b.dim(-1);
  if (x.size == 0) return kOk;
  const bool transposed = call.word(1) != 0, forward = (call.word(0) != 0) != transposed;
  const int64_t down = transposed ? 1 : n, across = transposed ? n : 1;
  parallel_for(call.engine, x.size / (n * width), [&](int64_t index, int thread) {
    const float *matrix = a.f32() + index * n * n, *right = b.f32() + index * n * width;
    float* to = x.f32() + index * n * width;
    double* solved = numbers(call.engine, thread, n * width);
    for (int64_t i = 0; i < n * width; ++i) solved[i] = right[i];
    for (int64_t step = 0; step < n; ++step) {
      const int64_t i = forward ? step : n - 1 - step;
      double* row = solved + i * width;
      for (int64_t k = forward ? 0 : i + 1; k < (forward ? i : n); ++k) {
        add_multiple(row, solved + k * width, -static_cast<double>(matrix[i * down + k * across]), width);
      }
      const double diagonal = matrix[i * (down + across)];
      for (int64_t j = 0; j < width; ++j) row[j] /= diagonal;
    }
    for (int64_t i = 0; i < n * width; ++i) to[i] = static_cast<float>(solved[i]);
  });
  return kOk;
}

// inputs: a → q, r: Gram–Schmidt on the columns, twice over
Status qr(Call& call) {
  const Tensor &a = call.in[0], &q = call.out[0], &r = call.out[1];
  if (a.rank < 2 || q.rank != a.rank || r.rank != a.rank) return fail(call.engine, kBadCommand, 0);
  const int64_t m = a.dim(-2), n = a.dim(-1), rank = q.dim(-1);
  if (rank != (m < n ? m : n)) return fail(call.engine, kBadCommand, 1);
  parallel_for(call.engine, a.product(0, a.rank - 2), [&](int64_t index, int thread) {
    const float* from = a.f32() + index * m * n;
    float *to_q = q.f32() + index * m * rank, *to_r = r.f32() + index * rank * n;
    double* columns = numbers(call.engine, thread, (rank + 1) * m);
    double* own = columns + rank * m;
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t i = 0; i < m; ++i) own[i] = from[i * n + j];
      const int64_t before = j < rank ? j : rank;
      if (j < rank) {
        double* v = columns + j * m;
        memcpy(v, own, static_cast<size_t>(m) * sizeof(double));
        for (int pass = 0; pass < 2; ++pass) {
          for (int64_t k = 0; k < before; ++k) add_multiple(v, columns + k * m, -dot(columns + k * m, v, m), m);
        }
        const double length = sqrt(dot(v, v, m));
        for (int64_t i = 0; i < m; ++i) {
          v[i] = length == 0 ? 0 : v[i] / length;
          to_q[i * rank + j] = static_cast<float>(v[i]);
        }
      }
      for (int64_t k = 0; k < rank; ++k) {
        to_r[k * n + j] = k <= j ? static_cast<float>(dot(columns + k * m, own, m)) : 0.0f;
      }
    }
  });
  return kOk;
}

// One-sided Jacobi (Hestenes 1958): pairs of columns of u are turned until all are orthogonal, v turns with them.
void orthogonalize(double* u, double* v, int64_t m, int64_t n) {
  for (int sweep = 0; sweep < 40; ++sweep) {
    bool turned = false;
    for (int64_t p = 0; p + 1 < n; ++p) {
      for (int64_t o = p + 1; o < n; ++o) {
        double *up = u + p * m, *uo = u + o * m;
        const double a = dot(up, up, m), b = dot(uo, uo, m), c = dot(up, uo, m);
        if (!(fabs(c) > 1e-15 * sqrt(a * b))) continue;
        turned = true;
        const double zeta = (b - a) / (2 * c);
        const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
        const double cosine = 1 / sqrt(1 + t * t), sine = cosine * t;
        for (int64_t i = 0; i < m; ++i) {
          const double x = up[i], y = uo[i];
          up[i] = cosine * x - sine * y;
          uo[i] = sine * x + cosine * y;
        }
        double *vp = v + p * n, *vo = v + o * n;
        for (int64_t i = 0; i < n; ++i) {
          const double x = vp[i], y = vo[i];
          vp[i] = cosine * x - sine * y;
          vo[i] = sine * x + cosine * y;
        }
      }
    }
    if (!turned) return;
  }
}

// inputs: a [m, n], m ≥ n → u [m, n], s [n] descending, v [n, n]; the largest entry of each column of v is positive
Status svd(Call& call) {
  const Tensor &a = call.in[0], &u = call.out[0], &s = call.out[1], &v = call.out[2];
  if (a.rank < 2 || a.dim(-2) < a.dim(-1)) return fail(call.engine, kBadCommand, 0);
  const int64_t m = a.dim(-2), n = a.dim(-1);
  parallel_for(call.engine, a.product(0, a.rank - 2), [&](int64_t index, int thread) {
    const float* from = a.f32() + index * m * n;
    float *to_u = u.f32() + index * m * n, *to_s = s.f32() + index * n, *to_v = v.f32() + index * n * n;
    double* left = numbers(call.engine, thread, m * n + n * n + n);
    double *right = left + m * n, *lengths = right + n * n;
    memset(right, 0, static_cast<size_t>(n * n) * sizeof(double));
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t i = 0; i < m; ++i) left[j * m + i] = from[i * n + j];
      right[j * n + j] = 1;
    }
    orthogonalize(left, right, m, n);
    for (int64_t j = 0; j < n; ++j) lengths[j] = sqrt(dot(left + j * m, left + j * m, m));
    for (int64_t j = 0; j < n; ++j) {
      int64_t best = -1;  // the longest column that is not yet out; out ones are marked by −1
      for (int64_t k = 0; k < n; ++k) {
        if (lengths[k] != -1 && (best < 0 || !(lengths[k] <= lengths[best]))) best = k;
      }
      const double length = lengths[best], *column = right + best * n;
      lengths[best] = -1;
      int64_t top = 0;
      for (int64_t i = 1; i < n; ++i) {
        if (fabs(column[i]) > fabs(column[top])) top = i;
      }
      const double sign = column[top] < 0 ? -1 : 1;
      to_s[j] = static_cast<float>(length);
      for (int64_t i = 0; i < n; ++i) to_v[i * n + j] = static_cast<float>(sign * column[i]);
      for (int64_t i = 0; i < m; ++i) {
        to_u[i * n + j] = static_cast<float>(length == 0 ? 0 : sign * left[best * m + i] / length);
      }
    }
  });
  return kOk;
}

}  // namespace

void register_decompositions(Registry& registry) {
  registry.add("cholesky", cholesky);
  registry.add("triangularSolve", triangular_solve);
  registry.add("qr", qr);
  registry.add("svd", svd);
}

}  // namespace LM_NS
}  // namespace lemanic
