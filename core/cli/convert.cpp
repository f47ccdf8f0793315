// alloctrace convert: any readable log to a trace of our own format.
#include <fmt/format.h>

#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/terminal.h"
#include "core/trace/json.h"

namespace allocviz::cli {

int convert(const ConvertOptions& options) {
  const trace::Result<trace::Trace> trace = open(options.in, options.reading);
  if (!trace) return fail(trace.trouble());
  note_warnings(*trace);
  {
    const ProgressBar bar("writing");
    if (trace::Status status = trace::write_json(*trace, options.out, bar.progress()); !status) {
      return fail(status.trouble());
    }
  }
  if (options.out == "-") return done();
  if (options.json) {
    JsonWriter json(stdout);
    json.begin_object().member("in", options.in).member("format", trace->header().format);
    json.member("out", options.out).member("events", trace->size()).end_object().end();
  } else {
    fmt::print("{}: {}\n", options.out, trace::count_text(trace->size(), "event"));
  }
  return done();
}

}  // namespace allocviz::cli
