// Whoever may read everything does so as somebody else, so that a missing permission is one for root, too.
#pragma once

#include <unistd.h>

#include <cstdlib>

namespace allocviz::test {

struct AsNobody {  // for as long as it lives; the files of before stay those of whoever wrote them
  bool changed = ::geteuid() == 0 && ::seteuid(65'534) == 0;
  AsNobody() = default;
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (changed && ::seteuid(0) != 0) std::abort();
  }
};

}  // namespace allocviz::test
