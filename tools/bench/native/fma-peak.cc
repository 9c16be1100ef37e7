// What the processor reaches when it does nothing but multiply and add: sums that stay in registers and do not wait for
// one another, on every core. One line of JSON: {"seconds": s, "peaks": {"baseline": GFLOP/s, "avx2": …, "avx512": …}}.
// Usage: fma-peak THREADS SECONDS
#include <stdio.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
typedef float v4 __attribute__((vector_size(16)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));

constexpr long kSteps = 20000;
volatile float sink;

// More sums than multiply-adds in flight on any core of today (2 a cycle, each 4 or 5 cycles long), in 16 registers.
#define SUMS 12
#define LOOP(V, LANES)                                                       \
  V sum[SUMS], factor, term;                                                 \
  for (int lane = 0; lane < LANES; ++lane) {                                 \
    factor[lane] = 0.999f - static_cast<float>(seed) * 1e-3f;                \
    term[lane] = 1e-3f * static_cast<float>(lane + seed);                    \
  }                                                                          \
  for (int i = 0; i < SUMS; ++i) sum[i] = term * static_cast<float>(i);      \
  for (long step = 0; step < kSteps; ++step) {                               \
    _Pragma("GCC unroll 12") for (int i = 0; i < SUMS; ++i) sum[i] = sum[i] * factor + term; \
  }                                                                          \
  V all = sum[0];                                                            \
  for (int i = 1; i < SUMS; ++i) all += sum[i];                              \
  float total = 0;                                                           \
  for (int lane = 0; lane < LANES; ++lane) total += all[lane];               \
  sink = total;

__attribute__((noinline)) void baseline(int seed) { LOOP(v4, 4) }
#if defined(__x86_64__)
__attribute__((noinline, target("avx2,fma"))) void avx2(int seed) { LOOP(v8, 8) }
__attribute__((noinline, target("avx512f"))) void avx512(int seed) { LOOP(v16, 16) }
#endif

// GFLOP/s of all threads together: each runs until the time is over and counts for itself.
double measure(int threads, double seconds, int lanes, void (*loop)(int)) {
  std::atomic<int> ready{0};
  std::vector<double> rates(static_cast<size_t>(threads));
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) loop(t);  // the clock rate settles
      ++ready;
      while (ready.load() < threads) std::this_thread::yield();
      const auto start = Clock::now();
      long rounds = 0;
      double spent = 0;
      do {
        for (int i = 0; i < 10; ++i) loop(t);
        rounds += 10;
        spent = std::chrono::duration<double>(Clock::now() - start).count();
      } while (spent < seconds);
      rates[static_cast<size_t>(t)] = 2.0 * lanes * SUMS * kSteps * static_cast<double>(rounds) / spent / 1e9;
    });
  }
  double total = 0;
  for (int t = 0; t < threads; ++t) {
    workers[static_cast<size_t>(t)].join();
    total += rates[static_cast<size_t>(t)];
  }
  return total;
}

}  // namespace

int main(int count, char** words) {
  const int threads = count > 1 ? atoi(words[1]) : 1;
  const double seconds = count > 2 ? atof(words[2]) : 0.2;
  printf("{\"seconds\": %g, \"peaks\": {\"baseline\": %.2f", seconds, measure(threads, seconds, 4, baseline));
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    printf(", \"avx2\": %.2f", measure(threads, seconds, 8, avx2));
  if (__builtin_cpu_supports("avx512f")) printf(", \"avx512\": %.2f", measure(threads, seconds, 16, avx512));
#endif
  printf("}}\n");
  return 0;
}
