// What the importers' tests share: logs from text and from the test data, and what must hold of whatever was read.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/import/importer.h"
#include "core/trace/trace.h"

namespace allocviz::import {

[[nodiscard]] const Importer& importer_named(std::string_view format);
// The importer's own reading of a text, without recognising it first.
[[nodiscard]] trace::Result<trace::Trace> read_text(std::string_view format, std::string_view text,
                                                    const ReadOptions& options = {});
// The same where it must succeed: a failure of the test and an empty trace otherwise.
[[nodiscard]] trace::Trace trace_of(std::string_view format, std::string_view text);

[[nodiscard]] std::string data_path(const std::string& name);    // tests/data/import/NAME
[[nodiscard]] std::string shared_path(const std::string& name);  // ../shared/traces/NAME, may be absent
[[nodiscard]] std::string text_of(const std::string& path);      // decompressed
void write_file(const std::string& path, std::string_view bytes);

// "" when everything that holds of any trace holds of this one, else what does not: the facts are counted once more
// from the events alone, every partner and site is there, every id is that of one life.
[[nodiscard]] std::string fault_of_import(const trace::Trace& trace);

// Reads every beginning of the text: it is read or refused, what is read holds together, has no fewer events than a
// shorter beginning had, and warns where it ends inside a line.
void cut_everywhere(std::string_view format, std::string_view text);

// A warning that contains the text.
[[nodiscard]] bool warns(const trace::Trace& trace, std::string_view text);

}  // namespace allocviz::import
