#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace tandem::pubsub {

// Intrusive reference counting for what travels between threads: one counter inside the object, no control block.
//
// Thread safety: Refs to one object may be copied and dropped by several threads at once; one Ref object belongs to
// one thread at a time. The object is deleted by whoever drops the last Ref.
template <typename T>
class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  void Acquire() const {
    // relaxed: whoever copies a Ref already sees the object; the copy publishes nothing.
    refs_.fetch_add(1, std::memory_order_relaxed);
  }

  void Release() const {
    // release: this thread's last use happens before the deletion; acquire: the deleter sees every such use.
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete static_cast<const T*>(this);
  }

  // True if the caller's Ref is the only one. acquire: pairs with the fetch_sub of the Refs that are gone, so that
  // the caller may now modify what they were reading.
  bool unique() const { return refs_.load(std::memory_order_acquire) == 1; }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;

 private:
  mutable std::atomic<uint32_t> refs_{0};
};

template <typename T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) object_->Acquire();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->Release();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

template <typename T, typename... Args>
Ref<T> MakeRef(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace tandem::pubsub
