#include "scratch.h"

#include <cstdlib>

#ifdef _WIN32
#include <malloc.h>
#endif

namespace roga {

static constexpr size_t kPage = 4096;

namespace {

struct ScratchMemory {
  void* memory = nullptr;
  size_t bytes = 0;
  ~ScratchMemory() { release(); }
  void release() {
#ifdef _WIN32
    _aligned_free(memory);
#else
    std::free(memory);
#endif
    memory = nullptr;
    bytes = 0;
  }
  void grow(size_t wanted) {
    if (wanted <= bytes) return;
    release();
    wanted = (wanted + kPage - 1) / kPage * kPage;
#ifdef _WIN32
    memory = _aligned_malloc(wanted, kPage);
#else
    if (posix_memalign(&memory, kPage, wanted) != 0) memory = nullptr;
#endif
    if (memory == nullptr) throw OutOfMemory(wanted);
    bytes = wanted;
  }
};

}  // namespace

void* scratch(Scratch slot, size_t bytes) {
  static thread_local ScratchMemory slots[static_cast<int>(Scratch::kCount)];
  ScratchMemory& memory = slots[static_cast<int>(slot)];
  memory.grow(bytes == 0 ? 1 : bytes);
  return memory.memory;
}

}  // namespace roga
