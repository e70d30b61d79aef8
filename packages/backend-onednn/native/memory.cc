// Memory of tensors: large ranges of address space that JavaScript divides into buffers.
// The pages of a range come from the operating system when they are first touched and go back with `releasePages`.
#include "memory.h"

#include <string>

#include "queue.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace roga {

static constexpr size_t kPage = 4096;

static size_t roundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

static void* reserve(size_t bytes) {
#ifdef _WIN32
  void* memory = VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  return memory;
#else
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
  flags |= MAP_NORESERVE;
#endif
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
#endif
}

static void unmap(void* memory, size_t size) {
#ifdef _WIN32
  (void)size;
  VirtualFree(memory, 0, MEM_RELEASE);
#else
  munmap(memory, size);
#endif
}

/** Of a range that no array looks into any more: kernels in the queue still may. */
static void finalize(napi_env, void* memory, void* hint) {
  const size_t size = reinterpret_cast<size_t>(hint);
  if (Queue* const queue = startedQueue()) queue->pushRelease([=] { unmap(memory, size); });
  else unmap(memory, size);
}

napi_value reserveSlab(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int64_t bytes = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_int64(env, argument, &bytes) != napi_ok || bytes <= 0) {
    napi_throw_type_error(env, nullptr, "reserveSlab: expected a positive number of bytes");
    return nullptr;
  }
  const size_t size = roundUp(static_cast<size_t>(bytes), kPage);
  void* memory = reserve(size);
  if (memory == nullptr) {
    napi_throw_range_error(env, nullptr, ("reserveSlab: no " + std::to_string(size) + " bytes of memory").c_str());
    return nullptr;
  }
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, memory, size, finalize, reinterpret_cast<void*>(size), &buffer) != napi_ok) {
    // Node.js may have unmapped it already, or may do so later: nothing of it was touched, so that it costs nothing.
    napi_value error;
    napi_get_and_clear_last_exception(env, &error);
    napi_throw_range_error(env, nullptr,
                           ("reserveSlab: this runtime makes no ArrayBuffer of " + std::to_string(size) + " bytes").c_str());
    return nullptr;
  }
  return buffer;
}

/** Whole pages by their addresses: not every ArrayBuffer starts at one. */
static void release(uintptr_t from, size_t length) {
  const size_t first = roundUp(from, kPage);
  const size_t last = (from + length) / kPage * kPage;
  if (first >= last) return;
  void* memory = reinterpret_cast<void*>(first);
#ifdef _WIN32
  DiscardVirtualMemory(memory, last - first);
#elif defined(__linux__)
  madvise(memory, last - first, MADV_DONTNEED);
#else
  madvise(memory, last - first, MADV_FREE);
#endif
}

napi_value releasePages(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  int64_t begin = 0, length = 0;
  void* data = nullptr;
  size_t size = 0;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count < 3 || napi_get_arraybuffer_info(env, arguments[0], &data, &size) != napi_ok ||
      napi_get_value_int64(env, arguments[1], &begin) != napi_ok ||
      napi_get_value_int64(env, arguments[2], &length) != napi_ok || begin < 0 || length < 0 ||
      static_cast<size_t>(begin) > size || static_cast<size_t>(length) > size - static_cast<size_t>(begin)) {
    napi_throw_type_error(env, nullptr, "releasePages: expected an ArrayBuffer and a range in it");
    return nullptr;
  }
  const uintptr_t from = reinterpret_cast<uintptr_t>(data) + static_cast<size_t>(begin);
  // Kernels that are still in the queue may use the range.
  Queue* const queue = startedQueue();
  if (queue == nullptr) release(from, static_cast<size_t>(length));
  else queue->push("releasePages", [=] { release(from, static_cast<size_t>(length)); });
  return nullptr;
}

}  // namespace roga
