/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the command line of nk-cell, which nk-cell.c describes. */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *directory(const struct cell *cell, const char *path)
{
	char *real = realpath(path, NULL);
	struct stat status;

	if (!real || stat(real, &status) < 0)
		cell_die(cell, CELL_CONFIG, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		cell_die(cell, CELL_CONFIG, "%s is not a directory", path);
	return real;
}

static void add_bind(struct cell *cell, char *text)
{
	struct cell_bind *bind;
	char *target = strchr(text, ':');
	char *option = target ? strchr(target + 1, ':') : NULL;

	if (cell->bind_count == CELL_MAX_BINDS)
		cell_die(cell, CELL_USAGE, "more than %d binds", CELL_MAX_BINDS);
	if (text[0] != '/' || !target || target[1] != '/' || (option && strcmp(option, ":ro") != 0))
		cell_die(cell, CELL_USAGE, "--bind %s: expected /SOURCE:/TARGET or /SOURCE:/TARGET:ro", text);
	*target = '\0';
	if (option)
		*option = '\0';
	bind = &cell->binds[cell->bind_count++];
	bind->source = text;
	bind->target = target + 1;
	bind->read_only = option != NULL;
}

static void add_setenv(struct cell *cell, char *text)
{
	const char *equals = strchr(text, '=');

	if (cell->setenv_count == CELL_MAX_SETENV)
		cell_die(cell, CELL_USAGE, "more than %d variables", CELL_MAX_SETENV);
	if (!equals || equals == text)
		cell_die(cell, CELL_USAGE, "--setenv %s: expected NAME=VALUE", text);
	cell->setenv[cell->setenv_count++] = text;
}

/* Takes the words of one --service, the number of which `text` says, off the command line. */
static void add_service(struct cell *cell, const char *text, int argc, char **argv)
{
	char *end;
	long words = strtol(text, &end, 10);
	char **command;

	if (cell->service_count == CELL_MAX_SERVICES)
		cell_die(cell, CELL_USAGE, "more than %d services", CELL_MAX_SERVICES);
	if (*end || end == text || words < 1 || words > argc - optind)
		cell_die(cell, CELL_USAGE, "--service %s: expected the number of words of the command that follows", text);
	command = calloc((size_t)words + 1, sizeof(*command));
	if (!command)
		cell_die(cell, CELL_OSERR, "no memory");
	memcpy(command, argv + optind, (size_t)words * sizeof(*command));
	cell->services[cell->service_count++] = command;
	optind += (int)words;
}

static void add_cgroup(struct cell *cell, const char *path)
{
	if (cell->cgroup_count == CELL_MAX_CGROUPS)
		cell_die(cell, CELL_USAGE, "more than %d control groups", CELL_MAX_CGROUPS);
	cell->cgroups[cell->cgroup_count++].path = path;
}

static void add_claim(struct cell *cell, char *text)
{
	char *colon = strchr(text, ':');
	struct cell_claim *claim;

	if (cell->claim_count == CELL_MAX_CLAIMS)
		cell_die(cell, CELL_USAGE, "more than %d claims", CELL_MAX_CLAIMS);
	if (!colon || colon == text || memchr(text, '/', (size_t)(colon - text)))
		cell_die(cell, CELL_USAGE, "--claim %s: expected FILE:DEVICE", text);
	*colon = '\0';
	claim = &cell->claims[cell->claim_count++];
	claim->file = text;
	claim->what = colon + 1;
}

static void add_interface(struct cell *cell, const char *name)
{
	if (cell->interface_count == CELL_MAX_INTERFACES)
		cell_die(cell, CELL_USAGE, "more than %d interfaces", CELL_MAX_INTERFACES);
	cell->interfaces[cell->interface_count++].name = name;
}

static void add_device(struct cell *cell, const char *path)
{
	if (cell->device_count == CELL_MAX_DEVICES)
		cell_die(cell, CELL_USAGE, "more than %d devices", CELL_MAX_DEVICES);
	if (strncmp(path, "/dev/", 5) != 0)
		cell_die(cell, CELL_USAGE, "--device %s: expected a path below /dev", path);
	cell->devices[cell->device_count++] = path;
}

static uint32_t parse_uid_base(const struct cell *cell, const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || value < CELL_UID_RANGE || value > UINT32_MAX - 2 * (uint64_t)CELL_UID_RANGE)
		cell_die(cell, CELL_USAGE, "--uid-base %s: expected a number from %u to %u", text, CELL_UID_RANGE,
			 UINT32_MAX - 2 * CELL_UID_RANGE);
	return (uint32_t)value;
}

void cell_parse(struct cell *cell, int argc, char **argv)
{
	enum { NAME = 1, DIR, HOME, UID_BASE, BIND, SETENV, SERVICE, CGROUP, BARE, NO_TUN, LIFELINE, LOG,
	       REGISTRY, OWNER, CLAIM, INTERFACE, DEVICE };
	static const struct option options[] = {
		{ "name", required_argument, NULL, NAME },	   { "dir", required_argument, NULL, DIR },
		{ "home", required_argument, NULL, HOME },	   { "uid-base", required_argument, NULL, UID_BASE },
		{ "bind", required_argument, NULL, BIND },	   { "setenv", required_argument, NULL, SETENV },
		{ "service", required_argument, NULL, SERVICE },   { "no-tun", no_argument, NULL, NO_TUN },
		{ "lifeline", no_argument, NULL, LIFELINE },	   { "log", required_argument, NULL, LOG },
		{ "cgroup", required_argument, NULL, CGROUP },	   { "bare", no_argument, NULL, BARE },
		{ "registry", required_argument, NULL, REGISTRY }, { "owner", required_argument, NULL, OWNER },
		{ "claim", required_argument, NULL, CLAIM },	   { "interface", required_argument, NULL, INTERFACE },
		{ "device", required_argument, NULL, DEVICE },	   { NULL, 0, NULL, 0 },
	};
	const char *dir = NULL;
	const char *home = NULL;
	const char *log = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case NAME:
			cell->name = optarg;
			break;
		case DIR:
			dir = optarg;
			break;
		case HOME:
			home = optarg;
			break;
		case UID_BASE:
			cell->uid_base = parse_uid_base(cell, optarg);
			break;
		case BIND:
			add_bind(cell, optarg);
			break;
		case SETENV:
			add_setenv(cell, optarg);
			break;
		case SERVICE:
			add_service(cell, optarg, argc, argv);
			break;
		case CGROUP:
			add_cgroup(cell, optarg);
			break;
		case REGISTRY:
			cell->registry = optarg;
			break;
		case OWNER:
			cell->owner = optarg;
			break;
		case CLAIM:
			add_claim(cell, optarg);
			break;
		case INTERFACE:
			add_interface(cell, optarg);
			break;
		case DEVICE:
			add_device(cell, optarg);
			break;
		case BARE:
			cell->bare = true;
			break;
		case NO_TUN:
			cell->tun = false;
			break;
		case LIFELINE:
			cell->lifeline = true;
			break;
		case LOG:
			log = optarg;
			break;
		default:
			_exit(CELL_USAGE);
		}
	}
	cell->init = argv + optind;
	if (cell->bare && cell->name && *cell->name && cell->init[0])
		return;
	if (cell->bare || !cell->name || !*cell->name || !dir || (!cell->init[0] && !cell->service_count))
		cell_die(cell, CELL_USAGE, "usage: nk-cell --name OS --dir DIR [OPTION]... -- INIT [ARGUMENT]...");
	if (cell->claim_count && (!cell->registry || !cell->owner))
		cell_die(cell, CELL_USAGE, "--claim needs --registry and --owner");
	if (cell->uid_base && geteuid() != 0)
		cell_die(cell, CELL_NOPERM, "--uid-base needs root");
	cell->dir = directory(cell, dir);
	cell->home = home ? directory(cell, home) : NULL;
	if (log) {
		cell->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (cell->log < 0)
			cell_die(cell, CELL_CANTCREAT, "cannot write the log %s: %s", log, strerror(errno));
	}
}
