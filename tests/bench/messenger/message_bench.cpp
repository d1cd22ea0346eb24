// Time from composing a message until the other side can show it: sealed, signed, written
// to disk by the sender, carried over loopback, verified and written to disk by the
// receiver. Two whole nodes in one process, in a network of plain nodes in another; then the
// same with everything 25 ms late in each direction.
// usage: message_bench [--nodes N] [--messages N] [--far-messages N]
#include "arguments.hpp"
#include "talkers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <stdexcept>

namespace tau::bench {
namespace {

using messenger::message_state;

constexpr auto patience = std::chrono::seconds(30);
constexpr double far_one_way_ms = 25;

/// When which message came how far, as both nodes tell it.
struct progress {
    std::map<messenger::message_id, message_state> states{};
    std::map<std::string, bool> shown{};
};

void listen(talker& who, progress& seen) {
    (void)who.messenger().subscribe([&who, &seen](messenger::event const& event) {
        if (auto const* const came = std::get_if<messenger::message_arrived>(&event)) {
            seen.shown[came->message.text] = true;
            who.messenger().mark_read({came->message.id}, [](error_code) {}); // somebody looks
        } else if (auto const* const went = std::get_if<messenger::message_state_changed>(&event)) {
            seen.states[went->id] = went->state;
        }
    });
}

/// The times of one message after another, each once the one before was read.
struct times {
    samples stored, shown, delivered, read;
};

void send_one(test::private_dht& loop, talker& from, talker& to, progress& seen,
              std::string const& text, times& into) {
    auto const begun = steady::now();
    auto const id = std::make_shared<std::optional<messenger::message_id>>();
    from.messenger().send_text(to.key(), text, [id](result<messenger::message_id> const& stored) {
        if (stored)
            *id = stored.value();
    });
    auto const measure = [&](samples& which, auto const& reached) {
        if (loop.run_until(reached, patience))
            which.add(ms_since(begun));
        else
            which.fail();
    };
    auto const reached = [&](message_state state) {
        return [&seen, id, state] { return *id && seen.states[**id] >= state; };
    };
    measure(into.stored, [&] { return id->has_value(); });
    measure(into.shown, [&] { return seen.shown[text]; });
    measure(into.delivered, reached(message_state::delivered));
    measure(into.read, reached(message_state::read));
}

/// What the disk alone asks for: 4 KiB written and synchronised, twice, as both sides do.
samples time_disk(std::filesystem::path const& folder, std::size_t count) {
    auto const name = (folder / "disk").string();
    auto const file = ::open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0)
        throw std::runtime_error("no file for the disk's time");
    samples out;
    bytes const page(4096, 1);
    for (std::size_t i = 0; i < count; ++i) {
        auto const begun = steady::now();
        for (int side = 0; side < 2; ++side)
            if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0)
                throw std::runtime_error("the disk's time cannot be measured");
        out.add(ms_since(begun));
    }
    ::close(file);
    return out;
}

/// Who writes and who reads take turns.
void converse(test::private_dht& loop, talker& alice, talker& bob, progress& seen,
              std::string const& name, std::size_t count) {
    times measured;
    for (std::size_t i = 0; i < count; ++i) {
        bool const turn = i % 2 == 0;
        auto const text =
            "This is " + name + " number " + std::to_string(i) + " of a conversation.";
        send_one(loop, turn ? alice : bob, turn ? bob : alice, seen, text, measured);
    }
    measured.stored.report_as(name + "_stored", "tau");
    measured.shown.report_as(name + "_shown", "tau");
    measured.delivered.report_as(name + "_delivered", "tau");
    measured.read.report_as(name + "_read", "tau");
}

int run(arguments const& given) {
    auto const messages = given.number("--messages", 300);
    network_process network({given.number("--nodes", 30), 0});
    test::temp_folder const folder;
    test::private_dht loop(0);
    talker alice(loop, network, folder.path(), {"alice", 21});
    talker bob(loop, network, folder.path(), {"bob", 22});
    introduce(loop, alice, bob);
    progress seen;
    listen(alice, seen);
    listen(bob, seen);
    converse(loop, alice, bob, seen, "message", messages);
    network.set_path({far_one_way_ms, 0});
    converse(loop, alice, bob, seen, "far_message", given.number("--far-messages", 100));
    time_disk(folder.path(), messages).report_as("message_shown", "disk");
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
