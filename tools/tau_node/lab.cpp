#include "tau_node/lab.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "identity/private_file.hpp"
#include "plugins/session/settings.hpp"
#include "tau_node/failure.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/message_text.hpp"
#include "tau_node/time_text.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>

namespace tau::node {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t shown_digits = 8;

std::filesystem::path make_folder() {
    auto name = (std::filesystem::temp_directory_path() / "tau-lab-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw failure(exit_code::failed, "storage_failed",
                      "cannot make a folder in " + std::filesystem::temp_directory_path().string());
    return name;
}

std::shared_ptr<identity::keyring const> new_keys() {
    system_random random;
    auto const secret = identity::identity_secret::make(random, system_clock_source().now().wall);
    auto keys = identity::keyring::from(secret);
    if (!keys)
        throw failed("cannot derive keys", keys.error());
    return std::make_shared<identity::keyring const>(std::move(keys.value()));
}

lt::session_params person_session(std::size_t address) {
    lt::session_params out;
    plugins::recommend(out.settings);
    plugins::prepare_private(out.settings);
    out.settings.set_str(lt::settings_pack::listen_interfaces,
                         plugins::local_network::listen_interface(address));
    out.settings.set_int(lt::settings_pack::aio_threads, 1);
    out.settings.set_int(lt::settings_pack::hashing_threads, 1);
    return out;
}

void add(dht::stats& sum, dht::stats const& more) {
    sum.gets_local += more.gets_local;
    sum.gets_direct += more.gets_direct;
    sum.gets_recursive += more.gets_recursive;
    sum.gets_not_found += more.gets_not_found;
    sum.gets_failed += more.gets_failed;
}

} // namespace

lab_person::lab_person(std::string name, std::filesystem::path folder, std::size_t address)
    : m_name(std::move(name)), m_folder(std::move(folder)), m_address(address), m_keys(new_keys()) {
    if (auto const ec = identity::make_private_folder(m_folder))
        throw failed("cannot make " + m_folder.string(), ec);
    system_random random;
    m_device = random.make<identity::device_id>();
}

messenger::contact_info lab_person::contact() {
    auto out = m_stack->messenger().own_contact();
    out.endpoints = {*session().listen_endpoint()};
    return out;
}

lab::lab(std::size_t nodes, teller tell)
    : m_signals(m_io, SIGINT, SIGTERM), m_nodes(nodes), m_tell(std::move(tell)),
      m_start(steady_clock::now()), m_folder(make_folder()),
      m_alice("alice", m_folder / "alice", nodes - 2), m_bob("bob", m_folder / "bob", nodes - 1) {
    m_signals.async_wait([this](error_code ec, int) { m_interrupted = !ec; });
    // Sessions verify no web server here, and loading the certificates takes their time.
    ::setenv("SSL_CERT_FILE", "/dev/null", 0);
    ::setenv("SSL_CERT_DIR", "/nonexistent", 0);
}

lab::~lab() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
}

std::chrono::milliseconds lab::elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - m_start);
}

void lab::tell(std::string const& line) {
    m_tell(fmt::format("{:>8.3f} s  {}", static_cast<double>(elapsed().count()) / 1000, line));
}

bool lab::run_until(std::function<bool()> const& ready, std::chrono::milliseconds timeout) {
    auto const deadline = steady_clock::now() + timeout;
    while (!ready()) {
        if (steady_clock::now() >= deadline)
            return false;
        m_io.restart();
        m_io.run_one_for(50ms);
        // Not while it ends: then everything is closed as it should be.
        if (m_interrupted && !m_stopped)
            throw failure(exit_code::failed, "cancelled", "interrupted");
    }
    return true;
}

void lab::expect(std::string const& what, std::function<bool()> const& ready,
                 std::chrono::milliseconds timeout) {
    if (!run_until(ready, timeout))
        throw failure(exit_code::timed_out, "timed_out",
                      what + " did not happen in " + to_span(timeout));
}

void lab::start() {
    tell(fmt::format("starting {} DHT nodes on loopback, in one process", m_nodes));
    plugins::local_network_options options;
    options.nodes = m_nodes - 2;
    m_network = std::make_unique<plugins::local_network>(m_io, options);
    bool ready = false;
    m_network->start([&ready] { ready = true; });
    expect("a usable network", [&ready] { return ready; });
    tell(fmt::format("{} nodes know each other", m_network->size()));
    go_online(m_alice);
    go_online(m_bob);
    for (auto* const who : {&m_alice, &m_bob}) {
        auto contact = other(*who).contact();
        contact.name = other(*who).name();
        std::optional<error_code> done;
        who->stack().messenger().add_friend(contact, [&done](error_code ec) { done = ec; });
        expect("adding a friend", [&done] { return done.has_value(); });
        if (*done)
            throw failed(who->name() + " cannot add " + contact.name, *done);
        tell(fmt::format("{} adds {} by contact URI, key {}", who->name(), contact.name,
                         to_hex(contact.key).substr(0, shown_digits)));
    }
}

void lab::go_online(lab_person& who) {
    who.m_sessions.push_back(
        std::make_unique<plugins::owned_session>(m_io, person_session(who.m_address)));
    stack_options options;
    options.database = who.m_folder / "tau.db";
    options.device = who.m_device;
    options.messenger.own_name = who.name();
    auto stack = node_stack::open(who.session(), who.m_keys, std::move(options));
    if (!stack)
        throw failed("cannot open the database of " + who.name(), stack.error());
    who.m_stack = std::move(stack.value());
    expect(who.name() + " listening",
           [&who] { return who.session().listen_endpoint().has_value(); });
    m_network->introduce(who.session().session());
    expect(who.name() + " entering the DHT", [this, &who] {
        who.session().refresh_table_nodes();
        return who.session().table_nodes() >= std::min(m_network->usable_table(), 8);
    });
    listen_to(who);
    auto const started = std::make_shared<std::optional<error_code>>();
    who.stack().start([started](error_code ec) { *started = ec; });
    expect(who.name() + " starting", [&started] { return started->has_value(); });
    if (**started)
        throw failed(who.name() + " cannot start", **started);
    tell(
        fmt::format("{} is online at {}", who.name(), to_string(*who.session().listen_endpoint())));
}

void lab::leave(lab_person& who) {
    auto const stopped = std::make_shared<bool>(false);
    who.stack().stop([stopped] { *stopped = true; });
    (void)run_until([&] { return *stopped && who.stack().is_idle(); }, 10s);
    add(who.m_past, who.stack().tau().dht_engine().stats());
    who.m_stack.reset();
    who.session().close();
}

void lab::go_offline(lab_person& who) {
    if (!who.is_online())
        return;
    leave(who);
    tell(fmt::format("{} went offline", who.name()));
}

void lab::stop() {
    if (std::exchange(m_stopped, true))
        return;
    m_tell = [](std::string const&) {};
    for (auto* const who : {&m_alice, &m_bob}) {
        if (who->m_stack)
            leave(*who);
        for (auto const& session : who->m_sessions)
            session->close();
    }
    if (m_network)
        m_network->close();
    m_signals.cancel();
    m_io.restart();
    m_io.run(); // returns when libtorrent has let go of everything
}

void lab::listen_to(lab_person& who) {
    (void)who.stack().messenger().subscribe(
        [this, &who](messenger::event const& event) { on_event(who, event); });
}

std::string lab::since(messenger::message_id const& id) const {
    auto const passed = steady_clock::now() - m_messages.at(id).when;
    return to_span(std::chrono::duration_cast<std::chrono::microseconds>(passed));
}

void lab::on_event(lab_person& who, messenger::event const& event) {
    if (auto const* const arrived = std::get_if<messenger::message_arrived>(&event))
        return on_arrival(who, arrived->message);
    if (auto const* const changed = std::get_if<messenger::message_state_changed>(&event)) {
        auto const found = m_messages.find(changed->id);
        if (found == m_messages.end())
            return;
        found->second.state = changed->state;
        tell(fmt::format("{:>5}    {}: {}, {} after sending{}", who.name(), found->second.label,
                         name_of(changed->state), since(changed->id),
                         changed->way == messenger::delivery_way::none
                             ? std::string()
                             : std::string(", way: ") + name_of(changed->way)));
    } else if (auto const* const part = std::get_if<messenger::attachment_progress>(&event)) {
        bool const whole = part->fetched_bytes == part->size_bytes;
        bool const ours = m_messages.count(part->id) != 0;
        if (whole && ours)
            tell(fmt::format("{:>5}    has all {} of {}, {} after sending", who.name(),
                             size_text(part->size_bytes), m_messages.at(part->id).label,
                             since(part->id)));
    } else if (auto const* const request = std::get_if<messenger::request_arrived>(&event)) {
        tell(fmt::format("{:>5}    a stranger wrote: {}", who.name(),
                         to_hex(request->who.key).substr(0, shown_digits)));
    }
}

void lab::on_arrival(lab_person& who, messenger::message_view const& message) {
    auto& entry = m_messages[message.id];
    entry.arrived = true;
    auto const what =
        message.file ? escape_text(message.file->name) + ", " + size_text(message.file->size_bytes)
                     : "\"" + escape_text(message.text) + "\"";
    tell(fmt::format("{:>5} <- {} {}, way: {}{}", who.name(), other(who).name(), what,
                     name_of(message.way),
                     entry.label.empty() ? std::string() : ", " + since(message.id)));
    // Whoever looks at this screen has seen it.
    who.stack().messenger().mark_read({message.id}, [](error_code) {});
}

messenger::answer_handler<messenger::message_id>
lab::take_id(std::shared_ptr<stored_id> const& id, std::string label, file_or_text kind) {
    return [this, id, label = std::move(label), kind,
            when = steady_clock::now()](result<messenger::message_id> const& stored) {
        *id = stored;
        if (stored)
            m_messages[stored.value()] = {when, messenger::message_state::stored, false,
                                          kind == file_or_text::file, label};
    };
}

messenger::message_id lab::wait_for_id(lab_person& from, std::shared_ptr<stored_id> const& id) {
    expect("storing a message", [&id] { return id->has_value(); });
    if (!**id)
        throw failed(from.name() + " cannot send", (*id)->error());
    return (*id)->value();
}

messenger::message_id lab::send(lab_person& from, std::string const& text) {
    auto const label = "\"" + escape_text(text) + "\"";
    tell(fmt::format("{:>5} -> {} {}", from.name(), other(from).name(), label));
    auto const id = std::make_shared<stored_id>();
    from.stack().messenger().send_text(other(from).keys().key(), text,
                                       take_id(id, label, file_or_text::text));
    return wait_for_id(from, id);
}

messenger::message_id lab::send(lab_person& from, messenger::outgoing_file file) {
    auto const label = escape_text(file.name);
    tell(fmt::format("{:>5} -> {} {}, {}", from.name(), other(from).name(), label,
                     size_text(file.content.size())));
    auto const id = std::make_shared<stored_id>();
    from.stack().messenger().send_file(other(from).keys().key(), std::move(file),
                                       take_id(id, label, file_or_text::file));
    return wait_for_id(from, id);
}

messenger::message_state lab::state_of(messenger::message_id const& id) const {
    auto const found = m_messages.find(id);
    return found == m_messages.end() ? messenger::message_state::stored : found->second.state;
}

bool lab::has_arrived(messenger::message_id const& id) const {
    auto const found = m_messages.find(id);
    return found != m_messages.end() && found->second.arrived;
}

result<bytes> lab::attachment(lab_person& who, messenger::message_id const& id) {
    auto const out = std::make_shared<std::optional<result<bytes>>>();
    who.stack().messenger().attachment(id, [out](result<bytes> const& content) { *out = content; });
    expect(
        "fetching the file", [&out] { return out->has_value(); }, 90s);
    if (**out)
        ++m_files_ok;
    return **out;
}

std::optional<dht::got_item> lab::get(lab_person& who, dht::get_request what) {
    auto const salt = escape_text(what.what.salt.octets());
    auto const key = to_hex(what.what.key).substr(0, shown_digits);
    // Late updates may come after we have left, so the observer shares what it fills.
    struct outcome {
        std::optional<dht::got_item> item;
        std::optional<error_code> done;
    };
    auto const got = std::make_shared<outcome>();
    who.stack().tau().dht().get(std::move(what), {[got](dht::got_item const& item) {
                                                      if (!got->item)
                                                          got->item = item;
                                                  },
                                                  [got](error_code ec) { got->done = ec; }});
    run_until([&got] { return got->item || got->done; }, 40s);
    auto const& out = got->item;
    if (out)
        tell(fmt::format("{:>5}    get {} of {}: {}, {}, seq {}", who.name(), salt, key,
                         name_of(out->source), to_span(out->elapsed), out->item.seq));
    else
        tell(fmt::format("{:>5}    get {} of {}: {}", who.name(), salt, key,
                         got->done ? got->done->message() : "no answer"));
    return out;
}

int lab::put(lab_person& who, std::string const& salt, std::string const& value) {
    auto const where = wire::salt::from(salt);
    if (!where)
        throw failed("cannot use the salt " + salt, where.error());
    auto const begin = steady_clock::now();
    auto const nodes = std::make_shared<std::optional<int>>();
    auto const seq = identity::next_seq(-1, who.stack().now().wall);
    if (auto const ec = who.stack().tau().dht().put(
            where.value(), seq, to_bencoded_string(as_bytes(value)),
            [nodes](dht::put_report const& report) { *nodes = report.nodes; }))
        throw failed("cannot put", ec);
    auto const returned = steady_clock::now() - begin;
    run_until([&nodes] { return nodes->has_value(); }, 40s);
    tell(fmt::format("{:>5}    put {}: the caller waited {}, {} nodes took it", who.name(),
                     escape_text(salt),
                     to_span(std::chrono::duration_cast<std::chrono::microseconds>(returned)),
                     nodes->value_or(0)));
    return nodes->value_or(0);
}

void lab::put_by_stranger(identity::keyring const& keys, std::string const& salt,
                          std::string const& value) {
    std::array<char, 32> key{};
    std::copy(keys.key().begin(), keys.key().end(), key.begin());
    auto const done = std::make_shared<bool>(false);
    auto const sign = [&keys, value, done](lt::entry& item, std::array<char, 64>& sig,
                                           std::int64_t& seq, std::string const& octets) {
        auto const where = wire::salt::from(octets);
        item = value;
        seq = 1;
        auto const made =
            keys.sign(wire::signed_octets(where.value(), seq, to_bencoded_string(as_bytes(value))));
        std::copy(made.begin(), made.end(), sig.begin());
        *done = true;
    };
    m_network->node(0).session().dht_put_item(key, sign, salt);
    expect("a stranger's put", [done] { return *done; });
    run_until([] { return false; }, 300ms); // its traversal has no alert that we route
}

bool lab::kill_one() {
    for (std::size_t i = 0; i < m_network->size(); ++i) {
        if (m_network->node(i).is_closed())
            continue;
        m_network->kill(i);
        ++m_killed;
        tell(fmt::format("node {} at {} is dead", i, to_string(m_network->endpoint_of(i))));
        return true;
    }
    return false;
}

lab_totals lab::totals() {
    lab_totals out;
    for (auto const& [id, message] : m_messages) {
        ++out.sent;
        out.delivered += message.state >= messenger::message_state::delivered ? 1u : 0u;
        out.read += message.state == messenger::message_state::read ? 1u : 0u;
        out.attachments_sent += message.is_file ? 1u : 0u;
    }
    out.attachments_ok = m_files_ok;
    for (auto* const who : {&m_alice, &m_bob}) {
        add(out.gets, who->m_past);
        if (who->m_stack)
            add(out.gets, who->stack().tau().dht_engine().stats());
    }
    return out;
}

} // namespace tau::node
