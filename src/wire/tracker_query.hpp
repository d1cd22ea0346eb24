#pragma once

#include "wire/tracker_request.hpp"

#include <string>

namespace tau::wire {

/// The Tau parameters of a signed announce as a query, "wallet=..&sign=..&...", without
/// a leading separator: for BEP 41 URL data, or behind the standard parameters of an HTTP
/// announce. The request has a wallet part. What has its default is left out.
/// Source: docs/wire/tracker.md, section 2.
[[nodiscard]] std::string wallet_query(announce_request const& request);

/// A whole announce as the query of an HTTP request, "info_hash=..&peer_id=..&...", the
/// Tau parameters last if there are any. Source: BEP 3, 23; docs/wire/tracker.md.
[[nodiscard]] std::string announce_query(announce_request const& request);

} // namespace tau::wire
