#pragma once

#include "sim/messenger/world.hpp"

namespace tau::test {

inline constexpr std::uint64_t mib = 1024 * 1024;

/// The state of a message's file, if there is one.
inline std::optional<messenger::file_state> state_of_file(person& who,
                                                          messenger::message_id const& id) {
    auto const found = who.message(id);
    return found && found->file ? std::optional(found->file->state) : std::nullopt;
}

/// Hands over a file of `size` octets in parts of 1 MiB and sends it.
inline result<messenger::message_id> upload(world& w, person& from, person& to,
                                            std::uint64_t size) {
    auto const id = from.engine().begin_upload(size);
    if (!id)
        return id.error();
    for (std::uint64_t at = 0; at < size;) {
        auto const count = std::min(mib, size - at);
        auto const ec = from.ask([&](auto done) {
            from.engine().write_upload(id.value(), at, bytes(static_cast<std::size_t>(count), 7),
                                       done);
        });
        if (ec)
            return ec;
        at += count;
    }
    std::optional<result<messenger::message_id>> out;
    from.engine().send_upload(to.key(), {id.value(), "film.mkv"},
                              [&](auto answer) { out = std::move(answer); });
    if (!w.run_until([&] { return out.has_value(); }))
        return errc::timed_out;
    return *out;
}

} // namespace tau::test
