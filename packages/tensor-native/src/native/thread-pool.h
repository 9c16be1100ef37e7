#pragma once
#include "engine.h"

namespace lemanic {

// A fixed set of threads that share the indices of one loop at a time.
struct ThreadPool;
ThreadPool* create_pool(int threads);
void destroy_pool(ThreadPool* pool);
int pool_threads(const ThreadPool* pool);
void pool_run(ThreadPool* pool, int64_t count, Body body, void* context);

}  // namespace lemanic
