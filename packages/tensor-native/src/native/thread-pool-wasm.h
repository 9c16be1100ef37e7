// The pool of the WebAssembly builds, one an instance: the host starts the threads (src/wasm-workers.ts), and each calls
// `lm_work` on the same memory. Included by thread-pool.cc.
#pragma once
#include "lemanic.h"
#include "thread-pool.h"

namespace lemanic {

constexpr int kSpins = 20000;  // about 20 µs; there is no pause instruction
constexpr uint32_t kNone = 0xffffffffu;

// A loop is published as a ticket: its number in the upper half, the next index in the lower, as in the native pool.
// Whoever advances the ticket owns that index, so the loop ends whether or not a worker has started yet.
struct ThreadPool {
  uint64_t ticket;
  int64_t count, done;
  Body body;
  void* context;
  int32_t threads;
  int32_t sleeping;    // workers that wait for a loop
  int32_t stopped;
  int32_t failed;      // a worker has trapped
  int32_t may_wait;    // whether the calling thread may wait, which a browser's main thread may not
  int32_t waiting;     // the calling thread waits for `done`
};

namespace {

template <class T>
LM_INLINE T get(const T& from) {
  return __atomic_load_n(&from, __ATOMIC_SEQ_CST);
}
template <class T>
LM_INLINE void set(T& to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_SEQ_CST);
}

LM_INLINE uint32_t number_of(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }
// The half of the ticket that waiting threads watch (WebAssembly is little-endian).
LM_INLINE int32_t* watched(ThreadPool* pool) { return reinterpret_cast<int32_t*>(&pool->ticket) + 1; }

// Takes indices of loop `number` until there is none left.
void share(ThreadPool* pool, uint32_t number, int thread) {
  uint64_t ticket = get(pool->ticket);
  for (;;) {
    if (number_of(ticket) != number) return;
    const Body body = get(pool->body);
    void* context = get(pool->context);
    const int64_t index = static_cast<int64_t>(static_cast<uint32_t>(ticket)), count = get(pool->count);
    if (index >= count) return;
    if (!__atomic_compare_exchange_n(&pool->ticket, &ticket, ticket + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    body(context, index, thread);
    if (__atomic_add_fetch(&pool->done, 1, __ATOMIC_SEQ_CST) == count && thread != 0 && get(pool->waiting)) {
      __builtin_wasm_memory_atomic_notify(reinterpret_cast<int32_t*>(&pool->done), 1);
    }
    ticket = get(pool->ticket);
  }
}

void wait_until_done(ThreadPool* pool, int64_t count) {
  for (int spins = 0; get(pool->done) != count; ++spins) {
    if (get(pool->failed)) __builtin_trap();
    if (spins < kSpins || !pool->may_wait) continue;
    set(pool->waiting, 1);
    const int64_t done = get(pool->done);
    // a millisecond at most, so that a worker that has trapped is noticed
    if (done != count) __builtin_wasm_memory_atomic_wait64(&pool->done, done, 1000000);
    set(pool->waiting, 0);
  }
}

}  // namespace

static ThreadPool only;

ThreadPool* create_pool(int threads) {
  only.threads = threads < 1 ? 1 : threads;
  return &only;
}

void destroy_pool(ThreadPool* pool) {
  set(pool->stopped, 1);
  set(pool->ticket, uint64_t{number_of(get(pool->ticket)) + 1} << 32 | kNone);
  if (pool->threads > 1) __builtin_wasm_memory_atomic_notify(watched(pool), static_cast<uint32_t>(pool->threads));
}

int pool_threads(const ThreadPool* pool) { return pool->threads; }
void pool_busy(ThreadPool*, bool) {}

void pool_run(ThreadPool* pool, int64_t count, Body body, void* context) {
  if (pool->threads == 1) {
    for (int64_t i = 0; i < count; ++i) body(context, i, 0);
    return;
  }
  // closed first: a worker that still holds the last ticket of the former loop must not take it with this loop's count
  const uint32_t closed = number_of(get(pool->ticket)) + 1, number = closed + 1;
  set(pool->ticket, uint64_t{closed} << 32 | kNone);
  set(pool->body, body);
  set(pool->context, context);
  set(pool->count, count);
  set(pool->done, int64_t{0});
  set(pool->ticket, uint64_t{number} << 32);
  if (get(pool->sleeping) > 0) __builtin_wasm_memory_atomic_notify(watched(pool), static_cast<uint32_t>(pool->threads));
  share(pool, number, 0);
  wait_until_done(pool, count);
}

static void work(ThreadPool* pool, int thread) {
  uint32_t seen = 0;
  while (!get(pool->stopped)) {
    uint32_t number = number_of(get(pool->ticket));
    for (int spins = 0; number == seen && spins < kSpins; ++spins) number = number_of(get(pool->ticket));
    if (number == seen) {
      __atomic_add_fetch(&pool->sleeping, 1, __ATOMIC_SEQ_CST);
      __builtin_wasm_memory_atomic_wait32(watched(pool), static_cast<int32_t>(seen), -1);
      __atomic_sub_fetch(&pool->sleeping, 1, __ATOMIC_SEQ_CST);
      continue;
    }
    seen = number;
    share(pool, number, thread);
  }
}

}  // namespace lemanic

void lm_work(int32_t thread) { lemanic::work(&lemanic::only, thread); }
void lm_may_wait() { lemanic::only.may_wait = 1; }
void lm_worker_failed() { lemanic::set(lemanic::only.failed, 1); }
