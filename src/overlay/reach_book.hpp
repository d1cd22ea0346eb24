#pragma once

#include "overlay/engine.hpp"
#include "wire/reach.hpp"

#include <map>
#include <optional>

namespace tau::overlay {

/// What a neighbour that we see at `seen` says of itself, with the address that we see unless
/// the stated one is the same or both are of one host: nobody can send others to an address
/// that is not its own.
[[nodiscard]] wire::reach believed(wire::reach told, endpoint const& seen);

/// Where our neighbours can be met, as they say and we see it; and we, as we tell them.
///
/// Source:    docs/wire/hello.md, "Reach". Threading: tau thread. Errors: ignored.
class reach_book {
public:
    explicit reach_book(engine& links) : m_links(links) {}

    /// What we say of ourselves; tells all neighbours if it is news.
    void set_own(wire::reach const& own);
    [[nodiscard]] std::optional<wire::reach> const& own() const { return m_own; }

    void on_link(wallet_address const& who, bool is_up);
    void on_message(wallet_address const& who, byte_view body);

    /// nullopt unless linked and told.
    [[nodiscard]] std::optional<wire::reach> of(wallet_address const& who) const;

private:
    struct neighbour {
        endpoint seen;
        std::optional<wire::reach> told{};
    };

    void tell(wallet_address const& who);

    engine& m_links;
    std::optional<wire::reach> m_own{};
    std::map<wallet_address, neighbour> m_neighbours;
};

} // namespace tau::overlay
