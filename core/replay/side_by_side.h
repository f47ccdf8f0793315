// Two pieces of work at once, where each of them takes milliseconds: the second one on a thread of its own.
#pragma once

#include <functional>
#include <future>
#include <system_error>

namespace allocviz::replay {

// Comes back when both are done. What either throws is thrown here.
template <class Here, class There>
void side_by_side(Here here, There there) {
  std::future<void> other;
  try {
    other = std::async(std::launch::async, std::ref(there));
  } catch (const std::system_error&) {
    there();  // the system has no further thread: one after the other
  }
  here();
  if (other.valid()) other.get();
}

}  // namespace allocviz::replay
