#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/endpoint.hpp"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/entry.hpp>

#include <memory>
#include <string_view>

namespace tau::dht {

/// What the caller of responder::on_query() does next.
enum class reply {
    not_ours,  ///< let the session answer (return false)
    completed, ///< `response` has our part; the session adds token and nodes (return false)
    answered_and_report, ///< `response` is whole (return true); pass the query to
                         ///< engine::on_request()
    answered, ///< `response` is whole (return true), without token and nodes; nothing else to do
};

/// Answers queries from the network out of an immutable snapshot of what we authored.
/// It verifies no signature and takes no lock on its usual path.
///
/// Source:    BEP 44 `get`; docs/wire/exchange.md.
/// Threading: on_query() on the one thread that receives queries (plugin::on_dht_request);
///            everything else on the tau thread, which may be another.
/// Errors:    anything that does not parse is `not_ours`.
class responder {
public:
    virtual ~responder() = default;

    /// `query` is the method, `message` the whole KRPC message, `response` what the
    /// session has prepared so far.
    [[nodiscard]] virtual reply on_query(std::string_view query, endpoint const& source,
                                         lt::bdecode_node const& message, lt::entry& response,
                                         moment now) = 0;
};

} // namespace tau::dht
