// The C interface shared by the Node-API addon and WebAssembly.
#pragma once
#include <stdint.h>

#ifdef __wasm__
#define LM_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define LM_EXPORT extern "C"
#endif

namespace lemanic {
struct Engine;
}

// threads ≥ 1; memory_limit in bytes, 0 for none; variant: -1 the best of this machine, else its number.
LM_EXPORT lemanic::Engine* lm_create(int32_t threads, double memory_limit, int32_t variant);
LM_EXPORT void lm_destroy(lemanic::Engine* engine);
// Runs the commands of a program. A command is
//   code, words (all of it), attribute words, inputs, outputs, attributes…, inputs…, outputs…
// and an input or output: buffer id, dtype, rank, dimensions…  Command 0 frees: 0, words, ids….
LM_EXPORT int32_t lm_execute(lemanic::Engine* engine, const int32_t* program, uint32_t words);
// Makes a plan of a recorded program → its number ≥ 0, or a negative status. The program is
//   values, inputs, outputs, patches
//   for each value: kind (0 temporary, 1 input, 2 output, 3 constant), which input or output, or a constant's buffer
//   for each patch: command, attribute word: where each replay brings a word of its own
//   commands as in lm_execute, with numbers of values in the place of buffers; every value is made once.
LM_EXPORT int32_t lm_compile(lemanic::Engine* engine, const int32_t* program, uint32_t words);
// Runs a plan. The program is: a word for each patch, the buffer of each input, the id of each output, made here.
LM_EXPORT int32_t lm_replay(lemanic::Engine* engine, int32_t plan, const int32_t* program, uint32_t words);
LM_EXPORT void lm_discard(lemanic::Engine* engine, int32_t plan);
// Creates buffer `id`; its memory is undefined until written through lm_data.
LM_EXPORT int32_t lm_allocate(lemanic::Engine* engine, int32_t id, double bytes);
LM_EXPORT void* lm_data(lemanic::Engine* engine, int32_t id);
LM_EXPORT double lm_bytes(lemanic::Engine* engine, int32_t id);
// buffers, live bytes, peak bytes, bytes waiting in the pool
LM_EXPORT void lm_counters(lemanic::Engine* engine, double* out);
LM_EXPORT void lm_reset_peak(lemanic::Engine* engine);
LM_EXPORT void lm_trim(lemanic::Engine* engine);
// operation code, three details (see Status)
LM_EXPORT void lm_error(lemanic::Engine* engine, double* out);
// Names of the operations in the order of their codes, one a line.
LM_EXPORT const char* lm_operations();
// Name of the instruction set that the engine's kernels use.
LM_EXPORT const char* lm_instruction_set(lemanic::Engine* engine);
#ifdef __wasm__
// Of the one pool of an instance. The host calls lm_work once on each of its workers, with threads 1 … threads − 1: it
// returns when the engine is destroyed. lm_may_wait: the thread that runs the commands may sleep (a browser's main
// thread may not). lm_worker_failed: a worker has trapped; the loop it left ends in a trap, too.
LM_EXPORT void lm_work(int32_t thread);
LM_EXPORT void lm_may_wait();
LM_EXPORT void lm_worker_failed();
#endif
