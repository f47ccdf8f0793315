// alloctrace check: is a file valid, and if not, every fault with its place.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/terminal.h"
#include "core/import/importer.h"

namespace allocviz::cli {
namespace {

using trace::Trouble;

// Every fault of one file; a file that cannot be read at all has that as its only one.
std::vector<Trouble> faults_of(const std::string& file, const import::ReadOptions& reading) {
  const ProgressBar bar("checking");
  trace::Result<std::vector<Trouble>> faults = import::check_trace(file, bar.progress(), reading);
  if (!faults) return {std::move(faults).trouble()};
  return std::move(faults).value();
}

void print_json(JsonWriter& json, const std::string& file, const std::vector<Trouble>& faults) {
  json.begin_object().member("file", file).member("valid", faults.empty()).key("faults").begin_array();
  for (const Trouble& fault : faults) {
    json.begin_object().member("what", fault.what);
    if (fault.where.line != 0) json.member("line", fault.where.line);
    if (fault.where.byte != trace::Place::kNoByte) json.member("byte", fault.where.byte);
    if (fault.where.event != 0) json.member("event", fault.where.event);
    if (!fault.where.field.empty()) json.member("field", fault.where.field);
    if (!fault.todo.empty()) json.member("todo", fault.todo);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

int check(const CheckOptions& options) {
  JsonWriter json(stdout);
  if (options.json) json.begin_object().key("files").begin_array();
  std::size_t faulty_files = 0, all_faults = 0;
  for (const std::string& file : options.files) {
    const std::vector<Trouble> faults = faults_of(file, options.reading);
    all_faults += faults.size();
    if (!faults.empty()) ++faulty_files;
    if (options.json) {
      print_json(json, file, faults);
      continue;
    }
    if (faults.empty()) fmt::print("{}: valid\n", file);
    for (const Trouble& fault : faults) fmt::print("{}\n", fault.text());
  }
  if (options.json) json.end_array().end_object().end();
  const int code = done();
  if (code != kExitDone || faulty_files == 0) return code;
  note(fmt::format("{} in {} of {}", trace::count_text(all_faults, "fault"), faulty_files,
                   trace::count_text(options.files.size(), "file")));
  return kExitFailed;
}

}  // namespace allocviz::cli
