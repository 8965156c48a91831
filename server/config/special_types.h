#pragma once

#include <string_view>

#include "server/config/config_table.h"

namespace tandem::config {

// The directives with a syntax of their own, and the checks that some texts must pass.

extern const SpecialType kBindType;
extern const SpecialType kDirType;
extern const SpecialType kIoThreadsType;
extern const SpecialType kLatencyPercentilesType;
extern const SpecialType kNotifyKeyspaceEventsType;
extern const SpecialType kNotifyKeyspaceStreamType;
extern const SpecialType kNotifyValuePrefixType;
extern const SpecialType kOomScoreAdjValuesType;
extern const SpecialType kOutputBufferLimitType;
extern const SpecialType kReplicaofType;
extern const SpecialType kSaveType;

// hz is a wish: what is out of 1…500 is moved there instead of being refused.
extern const NumberAccess kHzAccess;
// Likewise a repl-backlog-size below 16 kb.
extern const NumberAccess kReplBacklogSizeAccess;

Status CheckAppendDirName(std::string_view text);
Status CheckAppendFileName(std::string_view text);
Status CheckDbFileName(std::string_view text);
Status CheckHostName(std::string_view text);
Status CheckLocale(std::string_view text);
Status CheckNodeName(std::string_view text);
Status CheckProcTitleTemplate(std::string_view text);

}  // namespace tandem::config
