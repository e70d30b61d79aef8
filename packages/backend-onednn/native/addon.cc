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
#include "queue.h"
#include "reduction.h"
#include "resize.h"
#include "separable.h"
#include "softmax.h"
#include "version.h"

namespace roga {

/** Sets the number of threads that kernels use which this thread, JavaScript's or the queue's, calls. */
static void setThreads(int64_t count) {
  if (count < 1 || count > 1024) throw ArgumentError("expected a number of threads from 1 to 1024");
  omp_set_num_threads(static_cast<int>(count));
}

static double getThreads() { return threads(); }

/** Milliseconds spent in kernels that this JavaScript thread called or put in its queue, since the last reset. */
static double kernelMilliseconds() {
  const Queue* const queue = startedQueue();
  return (detail::clock().nanoseconds + (queue == nullptr ? 0 : queue->nanoseconds.load())) / 1e6;
}
static double kernelCalls() { return static_cast<double>(detail::clock().calls); }
static void resetKernelTime() {
  detail::clock() = {};
  if (Queue* const queue = startedQueue()) queue->nanoseconds = 0;
}

/** finish(left): waits until at most so many kernels are left in the queue; see Queue::wait. */
static napi_value finish(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int64_t left = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count == 1) napi_get_value_int64(env, argument, &left);
  const char* failed = "queue";
  try {
    queue(env).wait(left < 0 ? 0 : static_cast<uint64_t>(left), failed);
  } catch (...) {
    detail::rethrow(env, failed);
  }
  return nullptr;
}

/** whenDone(callback): calls back from the event loop when all kernels are done that are in the queue now. */
static napi_value whenDone(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value callback, name;
  napi_threadsafe_function call;
  napi_get_cb_info(env, info, &count, &callback, nullptr, nullptr);
  if (napi_create_string_utf8(env, "whenDone", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, nullptr, nullptr, nullptr, nullptr, &call) !=
          napi_ok) {
    napi_throw_type_error(env, nullptr, "whenDone: expected a function");
    return nullptr;
  }
  queue(env).pushAwaited("whenDone", [call] {
    napi_call_threadsafe_function(call, nullptr, napi_tsfn_nonblocking);
    napi_release_threadsafe_function(call, napi_tsfn_release);
  });
  return nullptr;
}

/** hold(on): see Queue::hold. */
static napi_value hold(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  bool on = false;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count == 1) napi_get_value_bool(env, argument, &on);
  queue(env).hold(on);
  return nullptr;
}

/** pause(): see Queue::pause. */
static napi_value pause(napi_env, napi_callback_info) {
  if (Queue* const started = startedQueue()) started->pause();
  return nullptr;
}

static bool setFunction(napi_env env, napi_value object, const char* name, napi_callback callback) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

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
      EXPORT(listSquares),
      EXPORT(listCombine),
      EXPORT(averageUpdate),
      EXPORT(sgdUpdate),
      EXPORT(adamUpdate),
  };
  napi_value queue;
  bool complete = napi_create_object(env, &queue) == napi_ok &&
                  napi_set_named_property(env, exports, "queue", queue) == napi_ok &&
                  setFunction(env, queue, "finish", finish) &&
                  setFunction(env, queue, "whenDone", whenDone) && setFunction(env, queue, "hold", hold) &&
                  setFunction(env, queue, "pause", pause);
  for (const Export& function : functions) {
    complete = complete && setFunction(env, exports, function.name, function.callback) &&
               (function.enqueue == nullptr || setFunction(env, queue, function.name, function.enqueue));
  }
  if (!complete) {
    napi_throw_error(env, nullptr, "the addon's functions could not be registered");
    return nullptr;
  }
  try {
    describe(env, exports);
  } catch (...) {
    detail::rethrow(env, "onednn");
    return nullptr;
  }
  return exports;
}
