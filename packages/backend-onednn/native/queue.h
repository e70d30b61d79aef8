// Kernels in a queue: JavaScript puts them in and goes on to prepare the next ones, while a thread of the queue's own
// computes them, one after another and in that order. So what JavaScript does between kernels costs no time as long as the
// queue is not empty, and its code stays in the caches that kernels would sweep.
#pragma once
#include <node_api.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace roga {

/** The queue of one JavaScript thread. */
class Queue {
 public:
  Queue();
  /** Waits for the kernel that is running and forgets those behind it, but not what gives memory back. */
  ~Queue();
  Queue(const Queue&) = delete;

  /** Puts a kernel in; `name`, a literal, is what its errors are prefixed with. */
  void push(const char* name, std::function<void()> kernel);

  /** The same for something that others wait for. */
  void pushAwaited(const char* name, std::function<void()> kernel);

  /** Calls `release` when all kernels are done that are in the queue now, or are not going to be done. */
  void pushRelease(std::function<void()> release);

  /**
   * Waits until at most so many kernels are left, and throws what the first one threw that failed since the last wait;
   * `failed` is set to its name then.
   */
  void wait(uint64_t left, const char*& failed);

  /** With true, kernels run when something waits for them, and not before: then what forgets to wait shows every time. */
  void hold(bool on);

  /** Holds the queue from now on, whatever is to be done, and waits for the kernel that is running. */
  void pause();

  /** Time that the thread spent in kernels. */
  std::atomic<int64_t> nanoseconds{0};

 private:
  struct Job {
    const char* name;
    std::function<void()> kernel;
    bool release = false;
  };

  void run();

  std::mutex mutex_;
  std::condition_variable added_, done_;
  std::deque<Job> jobs_;
  /** Kernels that were put in and are not done, the running one among them. */
  uint64_t pending_ = 0;
  /** A thread waits until no more than this are pending. */
  uint64_t wanted_ = 0;
  /** Of the jobs, so many are to be done also where the queue is held. */
  uint64_t due_ = 0;
  bool waiting_ = false, pausing_ = false, running_ = false, held_ = false, stopping_ = false;
  std::exception_ptr error_;
  const char* failed_ = nullptr;
  std::thread thread_;
};

/** The queue of this JavaScript thread, started when it is first asked for; it ends with the environment. */
Queue& queue(napi_env env);

/** The queue of this JavaScript thread, or null where none was started. */
Queue* startedQueue();

}  // namespace roga
