// Workers spin for a short while between loops (a training step is a chain of many short ones), then sleep.
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
constexpr uint64_t kNone = 0xffffffffu;  // the index of a closed loop; no loop has so many

// A loop is published as a ticket: its number in the upper half, the next index in the lower. Whoever advances the
// ticket of the loop owns that index, so a worker that wakes late finds another number and touches nothing; the loop
// ends when all indices are done, whether or not every worker took part.
struct ThreadPool {
  explicit ThreadPool(int threads) : threads_(threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
  }

  ~ThreadPool() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_.store(true);
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  void run(int64_t count, Body body, void* context) {
    // closed first: a worker that still holds the last ticket of the former loop must not take it with this loop's count
    const uint64_t closed = ((ticket_.load(std::memory_order_relaxed) >> 32) + 1) & kNone;
    const uint64_t number = (closed + 1) & kNone;
    ticket_.store(closed << 32 | kNone, std::memory_order_release);
    body_.store(body, std::memory_order_release);
    context_.store(context, std::memory_order_release);
    count_.store(count, std::memory_order_release);
    done_.store(0, std::memory_order_release);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ticket_.store(number << 32, std::memory_order_release);
    }
    if (sleeping_.load(std::memory_order_relaxed) > 0) wake_.notify_all();
    share(number, 0);
    for (int spins = 0; done_.load(std::memory_order_acquire) != count; ++spins) {
      if (spins < kSpins) {
        relax();
      } else {
        std::this_thread::yield();
      }
    }
  }

  int threads() const { return threads_; }

 private:
  // Takes indices of loop `number` until there is none left.
  void share(uint64_t number, int thread) {
    uint64_t ticket = ticket_.load(std::memory_order_acquire);
    for (;;) {
      if (ticket >> 32 != number) return;
      const Body body = body_.load(std::memory_order_acquire);
      void* context = context_.load(std::memory_order_acquire);
      const int64_t index = static_cast<int64_t>(ticket & kNone);
      if (index >= count_.load(std::memory_order_acquire)) return;
      if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      body(context, index, thread);
      done_.fetch_add(1, std::memory_order_release);
      ticket = ticket_.load(std::memory_order_acquire);
    }
  }

  void work(int thread) {
    uint64_t seen = 0;
    for (;;) {
      uint64_t number = ticket_.load(std::memory_order_acquire) >> 32;
      for (int spins = 0; number == seen && spins < kSpins; ++spins) {
        relax();
        number = ticket_.load(std::memory_order_acquire) >> 32;
      }
      if (number == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        sleeping_.fetch_add(1, std::memory_order_relaxed);
        wake_.wait(lock, [&] { return stop_.load() || ticket_.load(std::memory_order_acquire) >> 32 != seen; });
        sleeping_.fetch_sub(1, std::memory_order_relaxed);
        number = ticket_.load(std::memory_order_acquire) >> 32;
      }
      if (stop_.load(std::memory_order_relaxed)) return;
      seen = number;
      share(number, thread);
    }
  }

  const int threads_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> ticket_{0};
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> count_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> stop_{false};
  std::atomic<Body> body_{nullptr};
  std::atomic<void*> context_{nullptr};
};

ThreadPool* create_pool(int threads) { return new ThreadPool(threads < 1 ? 1 : threads); }
void destroy_pool(ThreadPool* pool) { delete pool; }
int pool_threads(const ThreadPool* pool) { return pool->threads(); }
void pool_run(ThreadPool* pool, int64_t count, Body body, void* context) {
  if (pool->threads() == 1) {
    for (int64_t i = 0; i < count; ++i) body(context, i, 0);
    return;
  }
  pool->run(count, body, context);
}

}  // namespace lemanic

#endif
