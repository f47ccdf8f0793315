// UTF-8: what is valid, and how bytes that are not become text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace allocviz::trace {

// The length of the valid, shortest-form encoding (RFC 3629) at the front of `bytes`, 0 when there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view bytes);
[[nodiscard]] bool is_utf8(std::string_view bytes);
// Each byte that is not part of a valid encoding becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

}  // namespace allocviz::trace
