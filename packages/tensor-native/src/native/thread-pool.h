#pragma once
#include "engine.h"

namespace lemanic {

// A fixed set of threads that share the indices of one loop at a time.
struct ThreadPool;
ThreadPool* create_pool(int threads);
void destroy_pool(ThreadPool* pool);
int pool_threads(const ThreadPool* pool);
// Between `true` and `false` runs a program: loops follow each other closely.
void pool_busy(ThreadPool* pool, bool busy);
void pool_run(ThreadPool* pool, int64_t count, Body body, void* context);

struct Busy {
  explicit Busy(ThreadPool* owner) : pool(owner) { pool_busy(pool, true); }
  ~Busy() { pool_busy(pool, false); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ThreadPool* pool;
};

}  // namespace lemanic
