#include "onednn.h"

namespace roga {

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static thread_local dnnl::stream current(engine());
  return current;
}

}  // namespace roga
