#include "tau_node/message_text.hpp"

#include "core/text.hpp"
#include "tau_node/time_text.hpp"

#include <fmt/format.h>

#include <array>

namespace tau::node {
namespace {

using nlohmann::json;

constexpr std::size_t short_digits = 8;

// How far a large file is, in the words of the side that asks.
std::string transfer_text(json const& file, bool ours) {
    auto const state = file.value("state", "");
    auto const total = file.value("bytes", std::uint64_t{1});
    auto const here = file.value("fetched_bytes", std::uint64_t{0});
    auto const done = ours ? file.value("receiver_bytes", std::uint64_t{0}) : here;
    if (state == "waiting")
        return file.contains("trouble") ? ", not fetched: " + file.value("trouble", "")
                                        : std::string(", not fetched yet");
    if (state == "moving")
        return fmt::format(", {} {} %, {}/s",
                           ours ? "the receiver has" : "here:", done * 100 / total,
                           size_text(file.value("bytes_per_s", std::uint64_t{0})));
    if (state == "failed")
        return ", cannot be had";
    return {};
}

std::string file_text(json const& message, bool is_own) {
    auto const& file = message.at("file");
    return fmt::format(
        "{} ({}{}); save it with: tau-node save {} PATH", escape_text(file.value("name", "")),
        size_text(file.value("bytes", std::uint64_t{0})), transfer_text(file, is_own),
        message.value("id", "").substr(0, short_digits));
}

} // namespace

address_book::address_book(daemon_client& client)
    : m_own(client.get("/v1/identity").value("public_key", "")) {
    for (auto const& who : client.get("/v1/friends"))
        update(who);
}

void address_book::update(json const& who) {
    m_names[who.value("public_key", "")] = who.value("name", "");
}

std::string address_book::name(std::string const& key) const {
    auto const found = m_names.find(key);
    if (found != m_names.end() && !found->second.empty())
        return escape_text(found->second);
    return key.substr(0, short_digits);
}

std::string size_text(std::uint64_t bytes) {
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    if (bytes < 1024 * 1024)
        return fmt::format("{:.0f} KiB", static_cast<double>(bytes) / 1024);
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

std::string message_line(json const& message, address_book const& book, unix_ms now) {
    auto const from = message.value("from", "");
    auto const time = parse_rfc3339(message.value("time", ""));
    auto const when = time ? to_local(time.value(), now) : std::string("?");
    auto const what = message.contains("file")
                          ? file_text(message, book.is_own(from))
                          : escape_text(message.value("text", ""), escape_mode::keep_layout);
    if (!book.is_own(from))
        return fmt::format("[{}] {}: {}", when, book.name(from), what);
    auto const state = message.value("waiting_first_contact", false)
                           ? std::string("waiting for first contact")
                           : message.value("state", "");
    return fmt::format("[{}] you to {}: {}  ({})", when, book.name(message.value("to", "")), what,
                       state);
}

std::vector<std::string> unseen(json const& messages, address_book const& book) {
    std::vector<std::string> out;
    for (auto const& m : messages) {
        if (!book.is_own(m.value("from", "")) && m.value("state", "") != "read")
            out.push_back(m.value("id", ""));
    }
    return out;
}

bool has_reached(std::string const& state, std::string const& wanted) {
    constexpr std::array<std::string_view, 4> order{"stored", "published", "delivered", "read"};
    auto const rank = [&order](std::string const& name) {
        return std::find(order.begin(), order.end(), name) - order.begin();
    };
    return rank(state) >= rank(wanted) && rank(state) < static_cast<std::ptrdiff_t>(order.size());
}

} // namespace tau::node
