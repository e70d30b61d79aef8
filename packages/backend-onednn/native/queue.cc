#include "queue.h"

#include <cstdlib>
#include <set>
#include <utility>

#include "binding.h"

namespace roga {

Queue::Queue() : thread_([this] { run(); }) {}

Queue::~Queue() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  added_.notify_one();
  thread_.join();
  for (Job& job : jobs_) {
    if (job.release) job.kernel();
  }
}

void Queue::pushRelease(std::function<void()> release) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back({"release", std::move(release), true});
    pending_++;
    due_ = jobs_.size();
  }
  added_.notify_one();
}

void Queue::push(const char* name, std::function<void()> kernel) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back({name, std::move(kernel)});
    pending_++;
    if (held_) return;
  }
  added_.notify_one();
}

void Queue::pushAwaited(const char* name, std::function<void()> kernel) {
  push(name, std::move(kernel));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    due_ = jobs_.size();
  }
  added_.notify_one();
}

void Queue::wait(uint64_t left, const char*& failed) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (pending_ > left) {
    wanted_ = left;
    waiting_ = true;
    if (held_) added_.notify_one();
    done_.wait(lock, [this] { return !waiting_; });
  }
  if (error_ == nullptr) return;
  failed = failed_;
  std::rethrow_exception(std::exchange(error_, nullptr));
}

void Queue::hold(bool on) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    held_ = on;
  }
  added_.notify_one();
}

void Queue::pause() {
  std::unique_lock<std::mutex> lock(mutex_);
  held_ = true;
  due_ = 0;
  pausing_ = true;
  done_.wait(lock, [this] { return !running_; });
  pausing_ = false;
}

void Queue::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    added_.wait(lock, [this] { return stopping_ || (!jobs_.empty() && (!held_ || waiting_ || due_ > 0)); });
    if (stopping_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (due_ > 0) due_--;
    running_ = true;
    lock.unlock();
    const int64_t start = detail::now();
    std::exception_ptr error;
    try {
      job.kernel();
    } catch (...) {
      error = std::current_exception();
    }
    nanoseconds += detail::now() - start;
    lock.lock();
    if (error != nullptr && error_ == nullptr) {
      error_ = error;
      failed_ = job.name;
    }
    pending_--;
    running_ = false;
    const bool enough = waiting_ && pending_ <= wanted_;
    // From here on: a queue that is held goes no further, however late the one who waits wakes up.
    if (enough) waiting_ = false;
    if (enough || pausing_) done_.notify_one();
  }
}

namespace {

thread_local Queue* current = nullptr;

/** The queues of all JavaScript threads: the process may exit without ending its environments. */
std::mutex all;
std::set<Queue*>& queues() {
  static auto* const started = new std::set<Queue*>; // there until the very end
  return *started;
}

void end(void* started) {
  Queue* const queue = static_cast<Queue*>(started);
  {
    std::lock_guard<std::mutex> lock(all);
    if (queues().erase(queue) == 0) return;
  }
  if (current == queue) current = nullptr;
  delete queue;
}

/** What oneDNN and OpenMP keep must not go while a kernel is running. */
void endAll() {
  while (true) {
    Queue* next = nullptr;
    {
      std::lock_guard<std::mutex> lock(all);
      if (queues().empty()) return;
      next = *queues().begin();
    }
    end(next);
  }
}

}  // namespace

Queue* startedQueue() { return current; }

Queue& queue(napi_env env) {
  if (current == nullptr) {
    current = new Queue();
    std::lock_guard<std::mutex> lock(all);
    static const int once = std::atexit(endAll);
    (void)once;
    queues().insert(current);
    napi_add_env_cleanup_hook(env, end, current);
  }
  return *current;
}

}  // namespace roga
