// oneDNN behind one interface for its versions 2 and 3, whose C++ APIs differ in how primitives are described.
#pragma once
#include <oneapi/dnnl/dnnl.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "binding.h"

namespace roga {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

dnnl::engine& engine();
dnnl::stream& stream();

/** A memory object over `data`, which stays the caller's. */
inline dnnl::memory at(const dnnl::memory::desc& desc, const void* data) {
  return dnnl::memory(desc, engine(), const_cast<void*>(data));
}

/** Copies between layouts and types. */
inline void reorder(const dnnl::memory& from, const dnnl::memory& to) {
  dnnl::reorder(from, to).execute(stream(), const_cast<dnnl::memory&>(from), const_cast<dnnl::memory&>(to));
}

using Key = std::vector<int64_t>;

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t hash = 1469598103934665603u;
    for (int64_t part : key) hash = (hash ^ static_cast<uint64_t>(part)) * 1099511628211u;
    return static_cast<size_t>(hash ^ (hash >> 32));
  }
};

/** Primitives by what they compute, the least recently used given up beyond a bound. One per JavaScript thread. */
template <class Value>
class Cache {
 public:
  explicit Cache(size_t bound) : bound_(bound) {}

  template <class Make>
  Value& get(const Key& key, Make&& make) {
    auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return *entries_.front().second;
    }
    auto value = std::make_unique<Value>(make());
    entries_.emplace_front(key, std::move(value));
    index_[key] = entries_.begin();
    if (entries_.size() > bound_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return *entries_.front().second;
  }

 private:
  using Entry = std::pair<Key, std::unique_ptr<Value>>;
  size_t bound_;
  std::list<Entry> entries_;
  std::unordered_map<Key, typename std::list<Entry>::iterator, KeyHash> index_;
};

/** Shapes for which primitives are kept. A network has up to a few hundred. */
constexpr size_t kCachedShapes = 1024;

}  // namespace roga
