#include "tau_node/failure.hpp"
#include "tau_node/lab.hpp"

#include <fmt/format.h>

#include <sodium.h>

namespace tau::node {
namespace {

using namespace std::chrono_literals;
using messenger::message_state;

constexpr std::int32_t picture_side = 260; // rows of 780 octets need no padding
constexpr std::size_t dead_nodes = 6;

void put_number(bytes& out, std::uint32_t value, std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::string hash_of(byte_view data) {
    hash256 out;
    crypto_hash_sha256(out.data(), data.data(), data.size());
    return std::string(as_text(out.view()));
}

void wait_for(lab& where, messenger::message_id const& id, message_state state,
              std::chrono::milliseconds timeout = 60s) {
    where.expect(
        "a message that is " + std::string(state == message_state::read ? "read" : "delivered"),
        [&where, &id, state] { return where.state_of(id) >= state; }, timeout);
}

void talk(lab& where) {
    where.tell("--- two keys talk");
    auto const first = where.send(where.alice(), "Hello Bob, this came to your key.");
    wait_for(where, first, message_state::read);
    auto const second = where.send(where.bob(), "Hello Alice, and back to yours.");
    wait_for(where, second, message_state::read);
}

void send_picture(lab& where) {
    where.tell("--- a picture");
    auto const picture = lab_picture();
    auto const id = where.send(where.alice(), {"picture.bmp", picture});
    where.expect(
        "the picture's arrival", [&] { return where.has_arrived(id); }, 60s);
    auto const content = where.attachment(where.bob(), id);
    if (!content)
        throw failed("Bob cannot fetch the picture", content.error());
    if (hash_of(content.value()) != hash_of(picture))
        throw failed("Bob's picture differs", errc::invalid_checksum);
    where.tell("  bob    the picture is the same, octet by octet (SHA-256)");
    wait_for(where, id, message_state::read);
}

void read_channels(lab& where) {
    where.tell("--- a channel: local, direct and recursive");
    where.put(where.alice(), "news", "first edition");
    dht::get_request what;
    what.what = {where.alice().keys().key(), wire::salt::from("news").value()};
    (void)where.get(where.alice(), what);
    (void)where.get(where.bob(), what);
    what.mode = dht::get_mode::recursive;
    where.put(where.alice(), "weather", "fair");
    what.what.salt = wire::salt::from("weather").value();
    if (!where.get(where.bob(), what))
        throw failed("Bob's recursive get", errc::not_found);
}

void ask_a_dead_endpoint(lab& where) {
    where.tell("--- a dead endpoint: one second of silence, then the DHT");
    system_random random;
    auto const secret = identity::identity_secret::make(random, system_clock_source().now().wall);
    auto const carol = identity::keyring::from(secret);
    if (!carol)
        throw failed("cannot derive keys", carol.error());
    where.put_by_stranger(carol.value(), "news", "I was here");
    where.kill_one();
    auto const dead = where.network().endpoint_of(0);
    dht::get_request what;
    what.what = {carol.value().key(), wire::salt::from("news").value()};
    what.ask_at = dead;
    if (!where.get(where.bob(), what))
        throw failed("the get from a dead endpoint", errc::not_found);
}

void lose_nodes(lab& where) {
    auto const count = std::min(dead_nodes, where.network().size() / 4);
    where.tell(fmt::format("--- {} more nodes die without a word", count));
    for (std::size_t i = 0; i < count; ++i)
        where.kill_one();
    auto const id = where.send(where.bob(), "Nobody will miss them.");
    wait_for(where, id, message_state::read);
}

void be_away(lab& where) {
    where.tell("--- Bob is away; Alice writes; he comes back at another port");
    where.go_offline(where.bob());
    auto const id = where.send(where.alice(), "Read this when you are back.");
    (void)where.run_until([&] { return where.state_of(id) >= message_state::published; }, 20s);
    where.go_online(where.bob());
    wait_for(where, id, message_state::read, 120s);
    auto const answer = where.send(where.bob(), "Back, and I have it.");
    wait_for(where, answer, message_state::read);
}

} // namespace

bytes lab_picture() {
    constexpr std::uint32_t header = 54;
    constexpr auto side = static_cast<std::uint32_t>(picture_side);
    bytes out{'B', 'M'};
    put_number(out, header + side * side * 3, 4);
    put_number(out, 0, 4);
    put_number(out, header, 4);
    put_number(out, 40, 4); // BITMAPINFOHEADER
    put_number(out, side, 4);
    put_number(out, side, 4);
    put_number(out, 1, 2);
    put_number(out, 24, 2); // bits a pixel, not compressed
    put_number(out, 0, 4);
    put_number(out, side * side * 3, 4);
    for (int i = 0; i < 4; ++i)
        put_number(out, 0, 4);
    for (std::int32_t y = 0; y < picture_side; ++y) {
        for (std::int32_t x = 0; x < picture_side; ++x) {
            auto const dx = x - picture_side / 2;
            auto const dy = y - picture_side / 2;
            auto const ring = static_cast<std::uint32_t>(dx * dx + dy * dy) / 64;
            put_number(out, ring % 256, 1);
            put_number(out, static_cast<std::uint32_t>(x) * 255 / side, 1);
            put_number(out, static_cast<std::uint32_t>(y) * 255 / side, 1);
        }
    }
    return out;
}

void run_lab_script(lab& where) {
    where.start();
    talk(where);
    send_picture(where);
    read_channels(where);
    be_away(where);
    ask_a_dead_endpoint(where);
    lose_nodes(where);
}

} // namespace tau::node
