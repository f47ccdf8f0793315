// What the tests of core/trace share: reading a text, traces made at random, a folder for files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/json.h"

namespace allocviz::test {

// Reads a text of ours; fails the test where that is no trace.
[[nodiscard]] trace::Trace read_text(std::string_view text);
// The one line of trouble that reading it gives; "" where it is fine.
[[nodiscard]] std::string trouble_of(std::string_view text);

// A trace with every kind of event, field and oddity there is, from its seed.
[[nodiscard]] trace::Trace random_trace(std::uint64_t seed, std::uint64_t events);

// {"format": "allocviz-trace", "version": 1, "events": [ + events + ]}
[[nodiscard]] std::string with_events(std::string_view events);

// What must hold of any bytes whatever: reading and checking end and agree, and what was read is written, read again
// equal and written to the same bytes. "" when it does. For fuzzing.
[[nodiscard]] std::string fault_of_reading(std::string_view bytes);

// The lines of tests/data/trace/NAME.jsonl, each a whole trace: valid, refused (by the schema, too),
// refused_by_meaning.
[[nodiscard]] std::vector<std::string> sample_documents(const std::string& name);

[[nodiscard]] std::string file_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, std::string_view bytes);

// A folder that is gone when the test is over.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace allocviz::test
