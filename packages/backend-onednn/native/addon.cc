// The addon's exports. Every function is described in the header that declares it.
#include <omp.h>

#include "batch-norm.h"
#include "binding.h"
#include "convolution.h"
#include "depthwise.h"
#include "epilogue.h"
#include "expanded-depthwise.h"
#include "filter-panels.h"
#include "elementwise.h"
#include "layout.h"
#include "lists.h"
#include "matmul.h"
#include "memory.h"
#include "onednn.h"
#include "parallel.h"
#include "pointwise.h"
#include "pooling.h"
#include "prologue.h"
#include "reduction.h"
#include "resize.h"
#include "separable.h"
#include "softmax.h"
#include "version.h"

namespace roga {

/** Sets the number of threads that kernels called from this JavaScript thread use. */
static void setThreads(int64_t count) {
  if (count < 1 || count > 1024) throw ArgumentError("expected a number of threads from 1 to 1024");
  omp_set_num_threads(static_cast<int>(count));
}

static double getThreads() { return threads(); }

/** Milliseconds spent in kernels that this JavaScript thread called, since the last reset. */
static double kernelMilliseconds() { return detail::clock().nanoseconds / 1e6; }
static double kernelCalls() { return static_cast<double>(detail::clock().calls); }
static void resetKernelTime() { detail::clock() = {}; }

}  // namespace roga

NAPI_MODULE_INIT() {
  using namespace roga;
  const Export functions[] = {
      {"reserveSlab", reserveSlab},
      {"releasePages", releasePages},
      EXPORT(setThreads),
      EXPORT(getThreads),
      EXPORT(kernelMilliseconds),
      EXPORT(kernelCalls),
      EXPORT(resetKernelTime),
      EXPORT(setBfloat16),
      EXPORT(usesBfloat16),
      EXPORT(matmul),
      EXPORT(convolution),
      EXPORT(convolutionBackwardInput),
      EXPORT(convolutionBackwardFilter),
      EXPORT(panelSize),
      EXPORT(packFilter),
      EXPORT(pointwise),
      EXPORT(depthwise),
      EXPORT(depthwiseMean),
      EXPORT(expandedDepthwise),
      EXPORT(separable),
      EXPORT(biasActivation),
      EXPORT(depthwiseBackward),
      EXPORT(prepare),
      EXPORT(batchNormTraining),
      EXPORT(batchNormTrainingBackward),
      EXPORT(batchNorm),
      EXPORT(batchNormBackward),
      EXPORT(maxPool),
      EXPORT(maxPoolBackward),
      EXPORT(averagePool),
      EXPORT(averagePoolBackward),
      EXPORT(unary),
      EXPORT(unaryGradient),
      EXPORT(binary),
      EXPORT(compare),
      EXPORT(select),
      EXPORT(addN),
      EXPORT(fill),
      EXPORT(intsToFloats),
      EXPORT(bytesToFloats),
      EXPORT(floatsToInts),
      EXPORT(reduce),
      EXPORT(reduceProduct),
      EXPORT(copyRows),
      EXPORT(transpose),
      EXPORT(remap),
      EXPORT(softmax),
      EXPORT(softmaxBackward),
      EXPORT(resizeBilinear),
      EXPORT(resizeBackward),
      EXPORT(listScale),
      EXPORT(listAxpy),
      EXPORT(listNorm),
      EXPORT(listDot),
      EXPORT(averageUpdate),
      EXPORT(sgdUpdate),
      EXPORT(adamUpdate),
  };
  for (const Export& function : functions) {
    napi_value value;
    if (napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.callback, nullptr, &value) != napi_ok ||
        napi_set_named_property(env, exports, function.name, value) != napi_ok) {
      napi_throw_error(env, nullptr, "the addon's functions could not be registered");
      return nullptr;
    }
  }
  try {
    describe(env, exports);
  } catch (...) {
    detail::rethrow(env, "onednn");
    return nullptr;
  }
  return exports;
}
