/** What an administrator can set, as `PUT /configurations` names it. */
export interface Settings {
    read_only: boolean;
    /** `everyone` or `adminonly`. */
    project_creation_restriction: string;
    robot_name_prefix: string;
    /** Days. */
    robot_token_duration: number;
}

/** A new Harbor's settings. */
export const defaultSettings: Readonly<Settings> = {
    read_only: false,
    project_creation_restriction: "everyone",
    robot_name_prefix: "robot$",
    robot_token_duration: 30,
};
