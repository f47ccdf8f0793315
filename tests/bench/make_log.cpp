// Writes a log of any length in our own format, always the same for the same arguments: what scale_bench.py measures.
//
// Usage: make_log EVENTS json|jsonl|objects [LIVE [SITES]] > FILE
// What a recorder writes: addresses as ids, times, three threads, call sites; sizes as of a real program (many small,
// few large), half of the events frees of blocks chosen at random among about LIVE (100 000), which a quarter of the
// events build up where it has to be that fast. SITES (500) call sites of one line; more than that are stacks of
// twelve.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kLines = 500;
constexpr std::size_t kDepth = 12;

class Log {
 public:
  Log(std::uint64_t events, std::string_view spelling, std::size_t live, std::size_t sites)
      : events_(events),
        lines_(spelling != "json"),
        objects_(spelling == "objects"),
        most_live_(live),
        sites_(sites),
        frees_of_100_(std::min<std::uint64_t>(
            48, 50 - std::min<std::uint64_t>(50, 200 * live / std::max<std::uint64_t>(events, 1)))) {}

  void write() {
    header();
    for (std::uint64_t i = 0; i < events_; ++i) {
      if (!lines_) text_ += i == 0 ? "\n" : ",\n";
      event(i);
      if (lines_) text_ += '\n';
      if (text_.size() > (std::size_t{1} << 20)) flush();
    }
    if (!lines_) text_ += "\n  ]\n}\n";
    flush();
  }

 private:
  void header() {
    text_ = R"({"format": "allocviz-trace", "version": 1, "sites": [)";
    for (std::size_t i = 0; i < sites_; ++i) {
      text_ += i == 0 ? "" : ", ";
      site(i);
    }
    text_ += ']';
    if (!objects_) text_ += R"(, "columns": ["op", "id", "size", "align", "t", "thread", "site"])";
    text_ += lines_ ? "}\n" : ",\n  \"events\": [";
  }

  // The deeper a frame, the fewer of it there are, as in a program.
  void site(std::size_t i) {
    if (sites_ <= kLines) {
      text_ += "\"main.cpp:" + std::to_string(10 + i) + '"';
      return;
    }
    for (std::size_t depth = 0, of = i; depth < kDepth; ++depth, of /= 3) {
      text_ +=
          (depth == 0 ? "[\"" : ", \"") + std::string("part::function_") + std::to_string(of) + "(int, char const*)\"";
    }
    text_ += ']';
  }

  void event(std::uint64_t i) {
    time_ += random_() % 300;
    const std::uint64_t drawn = random_();
    const bool is_free =
        !live_.empty() && (live_.size() >= most_live_ || drawn % 100 < frees_of_100_ || events_ - i <= live_.size());
    if (is_free) {
      std::swap(live_[random_() % live_.size()], live_.back());
      row("f", "free", live_.back(), 0, drawn);
      live_.pop_back();
    } else {
      next_id_ += 16 + 16 * (drawn >> 8) % 256;
      const auto kind = static_cast<unsigned>((drawn >> 16) % 64);
      const std::uint64_t most = kind < 40 ? 128 : kind < 60 ? 1024 : kind < 63 ? 8192 : 131'072;
      live_.push_back(next_id_);
      row("a", "alloc", next_id_, 1 + (drawn >> 24) % most, drawn);
    }
  }

  void row(const char* op, const char* long_op, std::uint64_t id, std::uint64_t size, std::uint64_t drawn) {
    const auto site = static_cast<unsigned>(
        sites_ > kLines ? (drawn >> 20) % sites_ : static_cast<unsigned>(std::countl_zero(drawn | 1)) * 7 + drawn % 50);
    char line[256];
    int count = 0;
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    const unsigned thread = 1 + static_cast<unsigned>(drawn % 3);
    if (objects_ && size != 0) {
      count =
          std::snprintf(line, sizeof line,
                        R"({"op": "%s", "id": %llu, "size": %llu, "align": 16, "t": %llu, "thread": %u, "site": %u})",
                        long_op, number(id), number(size), number(time_), thread, site);
    } else if (objects_) {
      count = std::snprintf(line, sizeof line, R"({"op": "%s", "id": %llu, "t": %llu, "thread": %u})", long_op,
                            number(id), number(time_), thread);
    } else if (size != 0) {
      count = std::snprintf(line, sizeof line, R"(["%s",%llu,%llu,16,%llu,%u,%u])", op, number(id), number(size),
                            number(time_), thread, site);
    } else {
      count =
          std::snprintf(line, sizeof line, R"(["%s",%llu,null,null,%llu,%u])", op, number(id), number(time_), thread);
    }
    text_.append(line, static_cast<std::size_t>(count));
  }

  void flush() {
    std::fwrite(text_.data(), 1, text_.size(), stdout);
    text_.clear();
  }

  std::uint64_t events_;
  bool lines_, objects_;
  std::size_t most_live_, sites_;
  std::uint64_t frees_of_100_;  // until most_live_ are
  std::mt19937_64 random_{1};
  std::vector<std::uint64_t> live_;
  std::uint64_t next_id_ = 0x55a5'c078'c2a0, time_ = 0;
  std::string text_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view spelling = argc > 2 ? argv[2] : "";
  if (spelling != "json" && spelling != "jsonl" && spelling != "objects") {
    std::fprintf(stderr, "usage: make_log EVENTS json|jsonl|objects [LIVE [SITES]]\n");
    return 2;
  }
  const std::size_t live = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 100'000;
  const std::size_t sites = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : kLines;
  Log(std::strtoull(argv[1], nullptr, 10), spelling, std::max<std::size_t>(live, 1), std::max(sites, kLines)).write();
  return std::ferror(stdout) != 0 ? 1 : 0;
}
