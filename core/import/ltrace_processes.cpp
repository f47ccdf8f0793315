#include "core/import/ltrace_processes.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace allocviz::import::ltrace {

ProcessNumbers::Owner ProcessNumbers::take(const Line& line, std::uint64_t line_number) {
  const std::uint64_t number = line.thread.value_or(0);
  const bool all_ended = first_lines_.empty() && exited_;
  if (last_number_ != number) {
    const auto [known, is_new] = process_of_.try_emplace(number, 0);
    if (is_new) known->second = process_of_new(line, number, all_ended);
    last_number_ = number;
    last_process_ = known->second;
    if (line.kind != Line::Kind::Exited) first_lines_.try_emplace(number, line_number);
  }
  if (line.kind == Line::Kind::Exited) return take_exit(number);
  // No thread that ends sends this.
  if (line.kind == Line::Kind::ChildExited && exited_first_line_ != 0 && exited_process_ == last_process_) {
    note_several(exited_first_line_);
  }
  if (line.starts_thread) maker_ = last_process_;
  if (line.forks) take_fork_line(line, line_number);
  const bool execs = line.kind == Line::Kind::Exec && take_exec(number, line_number);
  return {last_process_, execs || all_ended};
}

std::uint64_t ProcessNumbers::process_of_new(const Line& line, std::uint64_t number, bool all_ended) {
  if (processes_.empty()) return add_process(first_ = number);
  if (all_ended) return processes_.size() == 1 ? first_ : add_process(number);  // another log behind the first
  if (const std::optional<Fork> fork = take_fork(line)) {
    const auto parent = process_of_.find(fork->number);
    if (!fork->is_vfork || parent == process_of_.end()) return add_process(number);
    in_vfork_.insert(number);
    return parent->second;
  }
  if (processes_.size() == 1) return first_;
  if (!maker_) ++guessed_threads_;
  return maker_.value_or(last_process_);
}

// The fork that a number comes back from that was never heard of; each has one child.
std::optional<ProcessNumbers::Fork> ProcessNumbers::take_fork(const Line& line) {
  if (!line.forks || line.kind != Line::Kind::Resumed) return {};
  const auto found = std::find_if(forks_.rbegin(), forks_.rend(),
                                  [&line](const Fork& each) { return each.is_vfork == line.is_vfork; });
  if (found == forks_.rend()) return Fork{};
  const Fork fork = *found;
  forks_.erase(std::next(found).base());
  return fork;
}

std::uint64_t ProcessNumbers::add_process(std::uint64_t number) {
  processes_.insert(number);
  return number;
}

bool ProcessNumbers::is_alone(std::uint64_t process) const {
  return std::count_if(process_of_.begin(), process_of_.end(),
                       [process](const auto& each) { return each.second == process; }) == 1;
}

ProcessNumbers::Owner ProcessNumbers::take_exit(std::uint64_t number) {
  const Owner owner{last_process_, false};
  const auto first_line = first_lines_.find(number);
  exited_process_ = last_process_;
  exited_first_line_ = first_line != first_lines_.end() && in_vfork_.erase(number) == 0 ? first_line->second : 0;
  if (first_line != first_lines_.end()) first_lines_.erase(first_line);
  process_of_.erase(number);
  last_number_.reset();
  exited_ = true;
  return owner;
}

void ProcessNumbers::take_fork_line(const Line& line, std::uint64_t line_number) {
  const std::uint64_t number = line.thread.value_or(0);
  if (line.kind == Line::Kind::Unfinished) {
    forks_.push_back({number, line.is_vfork});
    return;
  }
  const bool is_open = std::erase_if(forks_, [number](const Fork& each) { return each.number == number; }) != 0;
  std::string_view result = line.result;
  std::uint64_t child = 0;
  if (!take_integer(result, child) || !result.empty() || child == 0) return;
  const auto known = process_of_.find(child);
  if (known == process_of_.end()) {
    if (!is_open && line.kind == Line::Kind::Resumed) return;  // it came back before and has exited
    process_of_.emplace(child, add_process(child));
    first_lines_.try_emplace(child, line_number);
  } else if (known->second == last_process_ && child != last_process_ && !in_vfork_.contains(child)) {
    note_several(line_number);  // it was taken for a thread
    known->second = add_process(child);
  }
}

// Whether its process begins another program. Of several threads one may be a child whose fork was not traced.
bool ProcessNumbers::take_exec(std::uint64_t number, std::uint64_t line_number) {
  if (in_vfork_.erase(number) != 0) {
    process_of_[number] = last_process_ = add_process(number);
    return false;
  }
  if (is_alone(last_process_)) return true;
  note_several(line_number);
  return false;
}

void ProcessNumbers::note_several(std::uint64_t line_number) {
  if (several_line_ == 0) several_line_ = line_number;
}

}  // namespace allocviz::import::ltrace
