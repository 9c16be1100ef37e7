// Workers spin for a short while between loops (a training step is a chain of many short ones), then sleep.
#include "thread-pool.h"

#ifdef __wasm__

namespace lemanic {
struct ThreadPool {};
static ThreadPool only;
ThreadPool* create_pool(int) { return &only; }
void destroy_pool(ThreadPool*) {}
int pool_threads(const ThreadPool*) { return 1; }
void pool_run(ThreadPool*, int64_t count, Body body, void* context) {
  for (int64_t i = 0; i < count; ++i) body(context, i, 0);
}
}  // namespace lemanic

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

struct ThreadPool {
  explicit ThreadPool(int threads) : threads_(threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
  }

  ~ThreadPool() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      generation_.fetch_add(1);
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  void run(int64_t count, Body body, void* context) {
    body_ = body;
    context_ = context;
    count_ = count;
    next_.store(0, std::memory_order_relaxed);
    pending_.store(threads_ - 1, std::memory_order_relaxed);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    share(0);
    for (int spins = 0; pending_.load(std::memory_order_acquire) != 0; ++spins) {
      if (spins < kSpins) {
        relax();
      } else {
        std::this_thread::yield();
      }
    }
  }

  int threads() const { return threads_; }

 private:
  void share(int thread) {
    for (;;) {
      const int64_t index = next_.fetch_add(1, std::memory_order_relaxed);
      if (index >= count_) return;
      body_(context_, index, thread);
    }
  }

  void work(int thread) {
    uint32_t seen = 0;
    for (;;) {
      int spins = 0;
      while (generation_.load(std::memory_order_acquire) == seen) {
        if (++spins < kSpins) {
          relax();
          continue;
        }
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return generation_.load(std::memory_order_relaxed) != seen; });
      }
      seen = generation_.load(std::memory_order_acquire);
      if (stop_) return;
      share(thread);
      pending_.fetch_sub(1, std::memory_order_release);
    }
  }

  const int threads_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint32_t> generation_{0};
  std::atomic<int64_t> next_{0};
  std::atomic<int> pending_{0};
  bool stop_ = false;
  Body body_ = nullptr;
  void* context_ = nullptr;
  int64_t count_ = 0;
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
