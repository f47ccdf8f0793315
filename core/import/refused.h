// What is no allocation log, seen by its first bytes: profiles, other tools' files, programs. Said with the reason.
#pragma once

#include <string>
#include <string_view>

namespace allocviz::import {

struct Refusal {
  std::string what;  // "it is massif's output: ..."
  std::string todo;  // what to record instead; empty = only the list of formats helps
};

// What a file that no importer recognises looks like. `head` is the beginning of the decompressed content.
[[nodiscard]] Refusal refusal_of(std::string_view head);

// True for JSON that is some other tool's, so that it is not read as a trace of ours with faults.
[[nodiscard]] bool is_foreign_json(std::string_view head);

}  // namespace allocviz::import
