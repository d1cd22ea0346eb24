#include "tau_node/cli.hpp"

#include "core/text.hpp"
#include "tau_node/commands.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>

namespace tau::node {
namespace {

// The arguments of all commands; the one that was given runs.
class command_line {
public:
    command_line() {
        m_app.require_subcommand(1);
        m_app.fallthrough();
        m_app.set_help_all_flag("--help-all", "Show the help of every command");
        m_app.add_option("--data", m_data, "The folder of the identity")->type_name("DIR");
        m_app.add_flag("--json", m_json, "Speak JSON, one value a line");
        m_app.set_version_flag("--version", TAU_VERSION);
        m_app.footer(
            "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 timed out, 5 no daemon");
        add_identity_commands();
        add_daemon_commands();
        add_friend_commands();
        add_message_commands();
        add_dht_commands();
        add_overlay_commands();
        add_lab();
    }

    int run(int count, char const* const* arguments) {
        try {
            m_app.parse(count, arguments);
        } catch (CLI::ParseError const& e) {
            return report(e);
        }
        try {
            return static_cast<int>(m_command(context()));
        } catch (failure const& e) {
            print_failure(e, form());
            return static_cast<int>(e.exit());
        } catch (settings_error const& e) {
            print_failure(usage_error(e.what()), form());
            return static_cast<int>(exit_code::usage);
        } catch (std::exception const& e) {
            print_failure(failure(exit_code::failed, "failed", e.what()), form());
            return static_cast<int>(exit_code::failed);
        }
    }

private:
    using command = std::function<exit_code(command_context const&)>;
    using override_flag = std::function<void(settings&)>;

    [[nodiscard]] output_form form() const {
        return m_json ? output_form::json : output_form::text;
    }

    [[nodiscard]] command_context context() {
        data_folder data(m_data.empty() ? data_folder::default_path()
                                        : std::filesystem::absolute(m_data));
        auto values = load_settings(data.config());
        for (auto const& apply : m_overrides)
            apply(values);
        check(values);
        return {std::move(data), form(), std::move(values)};
    }

    int report(CLI::ParseError const& e) {
        if (e.get_exit_code() == 0) // --help and --version
            return m_app.exit(e);
        auto const* const chosen =
            m_app.get_subcommands().empty() ? nullptr : m_app.get_subcommands().front();
        auto const hint =
            "; see tau-node " + (chosen != nullptr ? chosen->get_name() + " " : "") + "--help";
        auto const unknown = m_app.remaining();
        auto const what = chosen == nullptr && !unknown.empty()
                              ? "there is no command '" + escape_text(unknown.front()) + "'"
                              : std::string(e.what());
        print_failure(usage_error(what + hint), form());
        return static_cast<int>(exit_code::usage);
    }

    // A subcommand that runs `what`.
    CLI::App* add(CLI::App* parent, std::string const& name, std::string const& help,
                  command what) {
        auto* const app = parent->add_subcommand(name, help);
        app->callback([this, what = std::move(what)] { m_command = what; });
        return app;
    }
    CLI::App* add(std::string const& name, std::string const& help, command what) {
        return add(&m_app, name, help, std::move(what));
    }

    // A flag that sets what tau-node.toml sets too, if it was given.
    template <class T, class Apply>
    CLI::Option* override_option(CLI::App* app, std::string const& name, std::string const& type,
                                 std::string const& help, Apply apply) {
        auto* const option = app->add_option_function<T>(
            name,
            [this, apply](T const& value) {
                m_overrides.push_back([apply, value](settings& out) { apply(out, value); });
            },
            help);
        return option->type_name(type);
    }

    void add_passphrase(CLI::App* app) {
        override_option<std::string>(
            app, "--passphrase-file", "FILE", "First line is the passphrase; - for standard input",
            [](settings& out, std::string const& v) { out.passphrase_file = v; });
    }

    void add_identity_commands();
    void add_daemon_commands();
    void add_friend_commands();
    void add_message_commands();
    void add_dht_commands();
    void add_overlay_commands();
    void add_lab();

    CLI::App m_app{"Reach a public key over the BitTorrent network", "tau-node"};
    std::string m_data;
    bool m_json = false;
    command m_command;
    std::vector<override_flag> m_overrides;

    init_arguments m_init;
    id_arguments m_id;
    friend_arguments m_friend;
    send_arguments m_send;
    inbox_arguments m_inbox;
    save_arguments m_save;
    std::string m_who;
    std::string m_message_id;
    get_arguments m_get;
    put_arguments m_put;
    channel_arguments m_channel;
    topic_arguments m_topic;
    backup_arguments m_backup;
    lab_arguments m_lab;
};

void command_line::add_identity_commands() {
    auto* const init =
        add("init", "Make an identity", [this](auto const& c) { return cmd_init(c, m_init); });
    override_option<std::string>(init, "--name", "NAME", "The name that friends see",
                                 [](settings& out, std::string const& v) { out.name = v; });
    init->add_option("--import-wallet", m_init.import_wallet,
                     "- reads an existing wallet's private key (64 hex digits) from standard input")
        ->type_name("-")
        ->check(CLI::IsMember({"-"}));
    init->add_flag("--no-passphrase", m_init.no_passphrase, "Do not ask; leave the key file open");
    add_passphrase(init);

    auto* const id =
        add("id", "Show who you are", [this](auto const& c) { return cmd_id(c, m_id); });
    id->add_flag("--qr", m_id.qr, "Also as a QR code");

    for (auto const& [name, help, function] :
         {std::tuple{"backup", "Write an encrypted backup of identity, friends and messages",
                     &cmd_backup},
          std::tuple{"restore", "Fill an empty data folder from a backup", &cmd_restore}}) {
        auto* const app = add(name, help, [this, function = function](auto const& c) {
            return function(c, m_backup);
        });
        app->add_option("file", m_backup.file, "The backup file")->required()->type_name("FILE");
        add_passphrase(app);
    }
}

void command_line::add_daemon_commands() {
    auto* const run =
        add("run", "Run the daemon in the foreground", [](auto const& c) { return cmd_run(c); });
    add_passphrase(run);
    override_option<std::vector<std::string>>(
        run, "--listen", "ADDR:PORT,...", "Where to listen; port 0 takes a free one",
        [](settings& out, std::vector<std::string> const& v) { out.listen = v; })
        ->delimiter(',');
    override_option<std::vector<std::string>>(
        run, "--bootstrap", "HOST:PORT,...", "Nodes to enter the DHT by",
        [](settings& out, std::vector<std::string> const& v) { out.bootstrap = v; })
        ->delimiter(',');
    override_option<std::vector<std::string>>(
        run, "--tracker", "URL,...", "Trackers that know wallets and their links",
        [](settings& out, std::vector<std::string> const& v) { out.trackers = v; })
        ->delimiter(',');
    override_option<std::string>(run, "--http", "ADDR:PORT",
                                 "Serve the API there too, on loopback, with a token",
                                 [](settings& out, std::string const& v) { out.http = v; });
    override_option<std::string>(run, "--proxy", "socks5://[USER@]HOST:PORT",
                                 "Send everything through this proxy",
                                 [](settings& out, std::string const& v) {
                                     auto const password_file = out.proxy.password_file;
                                     out.proxy = parse_proxy(v);
                                     out.proxy.password_file = password_file;
                                 });
    run->add_flag_callback(
        "--private",
        [this] { m_overrides.push_back([](settings& out) { out.is_private = true; }); },
        "What a test network on one machine needs; never for a node that strangers reach");
    add("stop", "Stop the daemon", [](auto const& c) { return cmd_stop(c); });
    add("status", "Show the daemon's health", [](auto const& c) { return cmd_status(c); });
}

void command_line::add_friend_commands() {
    auto* const parent = m_app.add_subcommand("friend", "Add, list and manage friends");
    parent->require_subcommand(1);
    auto const action = [this, parent](std::string const& name, std::string const& help) {
        return add(parent, name, help, [this, name](auto const& c) {
            m_friend.action = name;
            return cmd_friend(c, m_friend);
        });
    };
    auto* const add_app = action("add", "Add a friend");
    add_app->add_option("contact", m_friend.who, "A tau: URI or a public key")
        ->required()
        ->type_name("URI|KEY");
    add_app->add_option("--name", m_friend.name, "What you call them")->type_name("NAME");
    action("list", "List friends, requests and blocked keys");
    auto const who_help = "Name, public key or the beginning of a key";
    for (auto const& [name, help] :
         {std::pair{"accept", "Accept a request"}, std::pair{"rename", "Give another name"},
          std::pair{"block", "Drop all that comes from a key"},
          std::pair{"unblock", "Take a block back"},
          std::pair{"remove", "Forget a friend and the conversation"}}) {
        auto* const app = action(name, help);
        app->add_option("who", m_friend.who, who_help)->required()->type_name("WHO");
        if (std::string_view(name) == "rename")
            app->add_option("name", m_friend.name, "The new name; empty for their own")
                ->required()
                ->type_name("NAME");
    }
}

void command_line::add_message_commands() {
    auto const who_help = "Name, public key or the beginning of a key";
    auto* const send = add("send", "Send a message or a file",
                           [this](auto const& c) { return cmd_send(c, m_send); });
    send->add_option("who", m_send.who, who_help)->required()->type_name("WHO");
    auto* const text = send->add_option("text", m_send.text, "The text; - for standard input");
    text->type_name("TEXT");
    send->add_option("--file", m_send.file, "Send this file")->type_name("PATH")->excludes(text);
    override_option<std::string>(send, "--wait", "STATE", "Wait for published, delivered or read",
                                 [](settings& out, std::string const& v) { out.send_wait = v; })
        ->check(CLI::IsMember({"published", "delivered", "read"}));
    override_option<std::int64_t>(send, "--timeout", "S", "Seconds that --wait waits at most",
                                  [](settings& out, std::int64_t v) { out.send_timeout_s = v; })
        ->check(CLI::Range(1, 1'000'000));

    auto* const inbox = add("inbox", "Show messages; those shown count as read",
                            [this](auto const& c) { return cmd_inbox(c, m_inbox); });
    inbox->add_option("who", m_inbox.who, who_help)->type_name("WHO");
    inbox->add_flag("--follow", m_inbox.follow, "Go on with what comes");
    inbox->add_option("--since", m_inbox.since, "RFC 3339 time, date, or age (90s, 10m, 2h, 3d)")
        ->type_name("T");
    inbox->add_option("--limit", m_inbox.limit, "At most so many of the newest")
        ->check(CLI::Range(1, 10'000))
        ->type_name("N");

    auto* const save = add("save", "Save the file of a message",
                           [this](auto const& c) { return cmd_save(c, m_save); });
    save->add_option("message", m_save.id, "The message's id or its beginning")
        ->required()
        ->type_name("MESSAGE-ID");
    save->add_option("path", m_save.path, "The new file; - for standard output")
        ->required()
        ->type_name("PATH");

    auto* const erase = add("delete", "Delete a message here",
                            [this](auto const& c) { return cmd_delete(c, m_message_id); });
    erase->add_option("message", m_message_id, "The message's id or its beginning")
        ->required()
        ->type_name("MESSAGE-ID");

    auto* const chat =
        add("chat", "Talk with a friend", [this](auto const& c) { return cmd_chat(c, m_who); });
    chat->add_option("who", m_who, who_help)->required()->type_name("WHO");
}

void command_line::add_overlay_commands() {
    auto* const parent = m_app.add_subcommand("topic", "Talk with all who joined a topic");
    parent->require_subcommand(1);
    auto const action = [this, parent](std::string const& name, std::string const& help) {
        auto* const app = add(parent, name, help, [this, name](auto const& c) {
            m_topic.action = name;
            return cmd_topic(c, m_topic);
        });
        if (name != "list")
            app->add_option("name", m_topic.name, "A name, or 40 hexadecimal digits")
                ->required()
                ->type_name("NAME");
        return app;
    };
    action("join", "Join a topic, now and after each start");
    action("leave", "Leave a topic");
    action("list", "List the topics that were joined");
    action("peers", "List the members that this node is linked with");
    action("say", "Say something to all members")
        ->add_option("text", m_topic.text)
        ->required()
        ->type_name("TEXT");
    action("read", "Print what was said lately")
        ->add_flag("--follow", m_topic.follow, "Go on with what is said from now on");
    add("peers", "Show links with other nodes, and the trackers",
        [](auto const& c) { return cmd_peers(c); });
    add("route", "Show the paths to somebody",
        [this](auto const& c) { return cmd_route(c, m_who); })
        ->add_option("who", m_who, "A wallet address, a friend or a contact URI")
        ->required()
        ->type_name("WHO");
    add("trace", "Show the way of a message of yours",
        [this](auto const& c) { return cmd_trace(c, m_message_id); })
        ->add_option("id", m_message_id, "Its id, or 8 or more of the first digits")
        ->required()
        ->type_name("ID");
}

void command_line::add_dht_commands() {
    auto* const get = add("get", "Read an item from the DHT",
                          [this](auto const& c) { return cmd_get(c, m_get); });
    auto* const hash = get->add_option("hash", m_get.hash, "Target of an immutable item");
    hash->type_name("HASH");
    auto* const key = get->add_option("--key", m_get.key, "Public key of a mutable item");
    key->type_name("PK")->excludes(hash);
    get->add_option("--salt", m_get.salt, "Its salt")->needs(key)->type_name("SALT");
    get->add_option("--endpoint", m_get.endpoint, "Ask there first")
        ->needs(key)
        ->type_name("HOST:PORT");
    override_option<std::string>(get, "--mode", "MODE", "auto, direct or recursive",
                                 [](settings& out, std::string const& v) { out.get_mode = v; })
        ->check(CLI::IsMember({"auto", "direct", "recursive"}));

    auto* const put = add("put", "Publish an item in the DHT",
                          [this](auto const& c) { return cmd_put(c, m_put); });
    auto* const value = put->add_option("value", m_put.value, "The value, a string");
    value->type_name("VALUE");
    put->add_option("--file", m_put.file, "The value is in this file; - for standard input")
        ->type_name("F")
        ->excludes(value);
    put->add_option("--salt", m_put.salt, "As a mutable item of yours under this salt")
        ->type_name("SALT");
    put->add_option("--seq", m_put.seq, "Sequence number of a mutable item")
        ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
        ->type_name("N");

    auto* const channel = m_app.add_subcommand("channel", "Publish and watch channels");
    channel->require_subcommand(1);
    auto* const publish =
        add(channel, "publish", "Publish a value in a channel of yours", [this](auto const& c) {
            m_channel.action = "publish";
            return cmd_channel(c, m_channel);
        });
    publish->add_option("name", m_channel.name)->required()->type_name("NAME");
    publish->add_option("value", m_channel.value)->required()->type_name("VALUE");
    auto* const watch =
        add(channel, "watch", "Print each new value of a channel", [this](auto const& c) {
            m_channel.action = "watch";
            return cmd_channel(c, m_channel);
        });
    watch->add_option("key", m_channel.key, "Public key, or a friend's name")
        ->required()
        ->type_name("KEY");
    watch->add_option("name", m_channel.name)->required()->type_name("NAME");
}

void command_line::add_lab() {
    auto* const lab = add("lab", "Let two keys talk on a private network of real DHT nodes",
                          [this](auto const& c) { return cmd_lab(c, m_lab); });
    lab->add_option("--nodes", m_lab.nodes, "How many nodes")
        ->check(CLI::Range(8, 2000))
        ->type_name("N");
    lab->add_flag("--once", m_lab.once, "End after the scripted conversation");
}

} // namespace

int run_cli(int argument_count, char const* const* arguments) {
    return command_line().run(argument_count, arguments);
}

} // namespace tau::node
