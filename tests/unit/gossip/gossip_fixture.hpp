#pragma once

#include "gossip/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

namespace tau::gossip {

/// A key whose last four octets are its name, so that ids are easy to read.
inline public_key key_named(std::string_view name) {
    public_key out;
    out.octets.fill(0x11);
    out.octets[0] = static_cast<std::uint8_t>(name[0]);
    for (std::size_t i = 0; i < 4; ++i)
        out.octets[28 + i] = static_cast<std::uint8_t>(i < name.size() ? name[i] : '_');
    return out;
}

inline target hash_named(std::string_view name) {
    target out;
    std::copy(name.begin(), name.end(), out.octets.begin());
    return out;
}

/// One engine at noon of some day, and hands to turn it.
struct teller {
    explicit teller(std::string_view name) : self(key_named(name)) {}

    public_key self;
    config settings{};
    seeded_random random{1};
    moment now{time_point{std::chrono::hours{10}}, unix_ms{std::chrono::hours{500'000}}};
    engine machine{settings, self, random};
    std::map<target, wire::gossip_vector> pages{};

    void befriend(std::initializer_list<std::string_view> names) {
        for (auto const& name : names)
            machine.add_friend(key_named(name), now);
    }
    template <class Action>
    [[nodiscard]] std::vector<Action> take() {
        std::vector<Action> out;
        for (auto& one : machine.take_actions())
            if (auto* const found = std::get_if<Action>(&one))
                out.push_back(std::move(*found));
        return out;
    }
    void advance(std::chrono::milliseconds by) {
        now = now.after(by);
        machine.on_time(now);
    }
    /// Has something sealed for a friend.
    void seal(std::string_view to, std::string_view root, std::vector<target> manifests = {}) {
        machine.set_own_roots(
            key_named(to),
            {{wire::gossip_type::message_root, hash_named(root), now.wall, manifests, {}}}, now);
    }
    [[nodiscard]] wire::gossip_vector says() const { return machine.vector_for_all(now); }
    void hears(teller const& other, heard_by how = heard_by::channel) {
        machine.on_vector(other.self, other.says(), how, now);
    }
    /// Makes the pages that its machine wants made, by names of their own.
    void make_pages() {
        for (auto const& one : take<make_page>()) {
            auto const at = hash_named(std::string("page") + static_cast<char>('0' + one.id));
            pages.emplace(at, one.what);
            machine.on_page_made(one.id, at);
        }
    }
    /// Gets what it asked for: items to hold, and the pages of `other`, which are returned.
    std::vector<target> read_pages(teller const& other) {
        std::vector<target> out;
        for (auto const& any : machine.take_actions())
            if (auto const* page = std::get_if<fetch_page>(&any)) {
                out.push_back(page->what);
                machine.on_page(other.self, page->what, other.pages.at(page->what), now);
            } else if (auto const* item = std::get_if<fetch_item>(&any)) {
                machine.on_fetched(*item, 500, {}, now);
            }
        return out;
    }
    /// Gets what it asked for in order to hold it.
    void fetch_all(std::vector<target> const& members = {}) {
        for (bool more = true; more;) {
            more = false;
            for (auto const& one : take<fetch_item>()) {
                machine.on_fetched(one, 500, one.is_manifest ? members : std::vector<target>{},
                                   now);
                more = true;
            }
        }
    }
    [[nodiscard]] bool carries(std::string_view from, std::string_view to,
                               std::string_view root) const {
        auto const all = says().entries;
        return std::any_of(all.begin(), all.end(), [&](wire::gossip_entry const& entry) {
            return entry.sender == wire::pk_id_of(key_named(from))
                   && entry.receiver == wire::pk_id_of(key_named(to))
                   && entry.hash == hash_named(root);
        });
    }
};

} // namespace tau::gossip
