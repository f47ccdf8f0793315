// Runs the alloctrace that was built, as a user does: arguments in, exit code, standard output and error out.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace allocviz::cli {

struct Ran {
  int code = -1;  // the exit code; 128 + the signal where one ended it
  std::string out, err;
};

[[nodiscard]] Ran run(const std::vector<std::string>& arguments, std::string_view input = {});
// The same with standard output going to a file that stays; Ran::out is empty.
[[nodiscard]] Ran run_to(const std::string& out, const std::vector<std::string>& arguments,
                         std::string_view input = {});
// The JSON that a run printed on standard output; a failure of the test where it is none, or where the run failed.
[[nodiscard]] nlohmann::ordered_json json_of(const Ran& ran);

// A file of the test's own, removed with it.
class Scratch {
 public:
  explicit Scratch(const std::string& name, std::string_view bytes = {});
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string bytes() const;

 private:
  std::string path_;
};

[[nodiscard]] std::string data(const std::string& name);  // tests/data/NAME
[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] std::string bytes_of(const std::string& path);
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

// Exit code 1 or 2, nothing on standard output, and one line on standard error that says who speaks.
void expect_one_line_error(const Ran& ran, int code, std::string_view says);

}  // namespace allocviz::cli
