#pragma once

#include "core/endpoint.hpp"
#include "wire/hello.hpp"

#include <optional>

namespace tau::overlay {

/// What topics have done; performed by plugins/tau or a simulation.
class topic_port {
public:
    virtual ~topic_port() = default;
    /// One message over the link with a member, soon.
    virtual void send(wallet_address const& to, wire::link_kind kind, byte_view body) = 0;
    /// Ends the connection with a member that this topic uses, once what was sent left.
    virtual void part(info_hash const& topic, wallet_address const& who) = 0;
    /// Tries a member at an address.
    virtual void connect(info_hash const& topic, endpoint const& where) = 0;
    /// Makes us known as a member and asks for others; topics::on_candidates() hears of them.
    virtual void find_members(info_hash const& topic) = 0;
    /// Where others can meet a linked member, if known.
    [[nodiscard]] virtual std::optional<endpoint> endpoint_of(wallet_address const& who) const = 0;
};

} // namespace tau::overlay
