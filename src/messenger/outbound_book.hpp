#pragma once

#include "core/clock.hpp"
#include "messenger/types.hpp"

#include <array>
#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <span>

namespace tau::messenger {

/// What is on its way to friends in packets that they asked for, or being read for them: no
/// friend makes us read or keep more than that, and none gets the same twice at one time.
///
/// Threading: one thread. Owns no clock.
class outbound_book {
public:
    /// Packets with content, of at most 16,384 octets, for one friend and for all of them: a
    /// quarter of what forwarding keeps for us, so that messages find room beside them.
    static constexpr std::size_t max_of_friend = 128;
    static constexpr std::size_t max_of_all = 512;
    /// From begin() on: what was not acknowledged for so long is taken for lost. A carrier
    /// does not try much longer either.
    static constexpr std::chrono::seconds life{20};

    /// What one packet holds: something of a torrent or an item.
    struct content {
        std::array<std::uint8_t, 20> name{};
        std::uint64_t part = 0;
        friend auto operator<=>(content const&, content const&) = default;
    };

    /// False if too much is on its way, or exactly this.
    [[nodiscard]] bool begin(public_key const& to, content const& what, time_point now);
    /// It went out under this id.
    void on_sent(public_key const& to, content const& what, message_id const& id);
    /// It did not go out.
    void drop(public_key const& to, content const& what);
    void on_acknowledged(public_key const& by, std::span<message_id const> ids);

    [[nodiscard]] std::size_t size() const { return m_size; }

private:
    struct entry {
        time_point since{};
        std::optional<message_id> id{};
    };
    struct shelf {
        std::map<content, entry> all;
        std::map<message_id, content> sent;
    };
    void drop_old(shelf& from, time_point now);
    void erase(shelf& from, std::map<content, entry>::iterator at);

    std::map<public_key, shelf> m_shelves;
    std::size_t m_size = 0;
};

} // namespace tau::messenger
