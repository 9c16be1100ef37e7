// Workers spin for a short while between loops (a training step is a chain of many short ones), while a program runs a
// little longer, then sleep.
#include "thread-pool.h"

#ifdef __wasm__
#include "thread-pool-wasm.h"
#else

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace lemanic {

static inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

constexpr int kSpins = 4000;
constexpr int kYields = 4000;  // more while a program runs: its next loop is near, and waking costs more than a loop

// What is left of one thread's share of a loop: its next index in the lower half, its end in the upper.
struct alignas(64) Share {
  std::atomic<uint64_t> left{0};
};

// Every thread starts with a share of its own, so that the same part of the data stays with the same core from loop to
// loop; who is ready takes from the others. Whoever advances a share owns that index, and only then looks up what the loop
// is: the loop cannot end before, so a worker that wakes late, even in a later loop, does the right thing.
struct ThreadPool {
  explicit ThreadPool(int threads) : threads_(threads), shares_(new Share[static_cast<size_t>(threads)]) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
  }

  ~ThreadPool() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_.store(true);
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
    delete[] shares_;
  }

  void run(int64_t first, int64_t count, Body body, void* context) {
    body_.store(body, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    first_.store(first, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    for (int i = 0; i < threads_; ++i) {
      const uint64_t begin = static_cast<uint64_t>(count * i / threads_), end = static_cast<uint64_t>(count * (i + 1) / threads_);
      shares_[i].left.store(end << 32 | begin, std::memory_order_release);
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      loop_.store(loop_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    if (sleeping_.load(std::memory_order_relaxed) > 0) wake_.notify_all();
    take_part(0);
    for (int spins = 0; done_.load(std::memory_order_acquire) != count; ++spins) {
      if (spins < kSpins) {
        relax();
      } else {
        std::this_thread::yield();
      }
    }
  }

  void busy(bool is) { busy_.store(is, std::memory_order_relaxed); }
  int threads() const { return threads_; }

 private:
  void take_part(int thread) {
    int64_t done = 0;
    for (int i = 0; i < threads_; ++i) {
      std::atomic<uint64_t>& left = shares_[thread + i < threads_ ? thread + i : thread + i - threads_].left;
      uint64_t share = left.load(std::memory_order_acquire);
      while (static_cast<uint32_t>(share) < share >> 32) {
        if (!left.compare_exchange_weak(share, share + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
        const int64_t index = static_cast<int64_t>(static_cast<uint32_t>(share));
        body_.load(std::memory_order_relaxed)(context_.load(std::memory_order_relaxed),
                                              first_.load(std::memory_order_relaxed) + index, thread);
        ++done;
        share = left.load(std::memory_order_acquire);
      }
    }
    if (done > 0) done_.fetch_add(done, std::memory_order_release);
  }

  void work(int thread) {
    uint64_t seen = 0;
    for (;;) {
      uint64_t loop = loop_.load(std::memory_order_acquire);
      for (int spins = 0; loop == seen && spins < kSpins; ++spins) {
        relax();
        loop = loop_.load(std::memory_order_acquire);
      }
      for (int yields = 0; loop == seen && yields < kYields && busy_.load(std::memory_order_relaxed); ++yields) {
        std::this_thread::yield();
        loop = loop_.load(std::memory_order_acquire);
      }
      if (loop == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        sleeping_.fetch_add(1, std::memory_order_relaxed);
        wake_.wait(lock, [&] { return stop_.load() || loop_.load(std::memory_order_acquire) != seen; });
        sleeping_.fetch_sub(1, std::memory_order_relaxed);
        loop = loop_.load(std::memory_order_acquire);
      }
      if (stop_.load(std::memory_order_relaxed)) return;
      seen = loop;
      take_part(thread);
    }
  }

  const int threads_;
  Share* const shares_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> sleeping_{0};
  // one cache line for all that a worker needs to begin
  alignas(64) std::atomic<uint64_t> loop_{0};
  std::atomic<Body> body_{nullptr};
  std::atomic<void*> context_{nullptr};
  std::atomic<int64_t> first_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> busy_{false};
  alignas(64) std::atomic<int64_t> done_{0};
};

ThreadPool* create_pool(int threads) { return new ThreadPool(threads < 1 ? 1 : threads); }
void destroy_pool(ThreadPool* pool) { delete pool; }
int pool_threads(const ThreadPool* pool) { return pool->threads(); }
void pool_busy(ThreadPool* pool, bool busy) { pool->busy(busy); }
void pool_run(ThreadPool* pool, int64_t count, Body body, void* context) {
  if (pool->threads() == 1) {
    for (int64_t i = 0; i < count; ++i) body(context, i, 0);
    return;
  }
  constexpr int64_t most = int64_t{1} << 31;  // indices that a share can count
  for (int64_t first = 0; first < count; first += most) {
    pool->run(first, count - first < most ? count - first : most, body, context);
  }
}

}  // namespace lemanic

#endif
